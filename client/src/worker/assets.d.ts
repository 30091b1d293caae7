/** Addresses of files that the build serves as they are. */
declare module "*?url" {
  const address: string;
  export default address;
}

/** Size of the WebAssembly runtime, in bytes: compressed answers do not tell. */
declare const WASM_BYTES: number;
