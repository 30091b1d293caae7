import { startWasm } from "./runtime-wasm.js";
self.onmessage = async () => { postMessage(startWasm(false).threads); const { startWebGpu } = await import("./runtime-webgpu.js"); postMessage(startWebGpu().threads); };
