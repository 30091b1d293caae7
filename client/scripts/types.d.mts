/** All generated files by name, as they have to be committed. */
export function renderAll(): Promise<Record<string, string>>;
