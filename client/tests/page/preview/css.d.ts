/** Style sheets, as Vite imports them. */
declare module "*.css?inline" {
  const text: string;
  export default text;
}

declare module "*.css";
