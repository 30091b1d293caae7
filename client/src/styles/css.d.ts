/** Style sheets of packages as text, for adoption by a shadow root. */
declare module "*.css?inline" {
  const text: string;
  export default text;
}

declare module "*.css";
