/** Addresses of files that the build serves as they are. */
declare module "*?url" {
  const address: string;
  export default address;
}
