/**
 * Makes src/generated/NAME.ts from src/generated/NAME.schema.json (which tools/schemas.py writes): npm run types.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import ts from "typescript";

const FOLDER = new URL("../src/generated/", import.meta.url);
const SUFFIX = ".schema.json";

/** The TypeScript of one JSON Schema: readonly throughout, no loose properties, comments from descriptions. */
export async function render(schemaText, name) {
  const banner = `/* Generated from ${name}${SUFFIX} by scripts/types.mjs: do not edit. */`;
  const schema = JSON.parse(schemaText);
  const text = await compile(asDraft4(schema), name, {
    additionalProperties: false,
    bannerComment: banner,
    ignoreMinAndMaxItems: true,
    strictIndexSignatures: true,
    unreachableDefinitions: true,
    style: { bracketSpacing: true, printWidth: 110 },
  });
  const root = new RegExp(`export interface ${schema.title} \\{[^}]*\\}\\n`);
  return asReadonly(asProse(schema.properties ? text : text.replace(root, "")));
}

/** Pydantic writes tuples as 2020-12 does (prefixItems), the generator reads them as draft 4 does (items). */
function asDraft4(node) {
  if (Array.isArray(node)) return node.map(asDraft4);
  if (node === null || typeof node !== "object") return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, asDraft4(value)]));
  if (copy.prefixItems === undefined) return copy;
  const { prefixItems, ...rest } = copy;
  return { ...rest, items: prefixItems, additionalItems: false };
}

/** Puts `readonly` before every property, array and tuple; the rest of the text stays as it is. */
function asReadonly(text) {
  const source = ts.createSourceFile("types.ts", text, ts.ScriptTarget.Latest, true);
  const insertions = [];
  const visit = (node) => {
    if (ts.isPropertySignature(node) || ts.isIndexSignatureDeclaration(node)) {
      insertions.push({ at: node.getStart(source), what: "readonly " });
    } else if (ts.isArrayTypeNode(node) || ts.isTupleTypeNode(node)) {
      const nested = ts.isArrayTypeNode(node.parent);
      insertions.push({ at: node.getStart(source), what: nested ? "(readonly " : "readonly " });
      if (nested) insertions.push({ at: node.getEnd(), what: ")" });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return insertions
    .sort((a, b) => b.at - a.at || b.what.length - a.what.length)
    .reduce((result, { at, what }) => result.slice(0, at) + what + result.slice(at), text);
}

/** Drops the generator's remarks on where a type is used, and Python's doubled backticks. */
function asProse(text) {
  return text
    .replaceAll(/( \*\n)? \* This interface was referenced by [^]*?\.\n(?=(?: \*\n)? \*(?:\/| This interface))/g, "")
    .replaceAll("``", "`");
}

/** All generated files by name, as they have to be committed. */
export async function renderAll() {
  const schemas = (await readdir(FOLDER)).filter((file) => file.endsWith(SUFFIX)).sort();
  const pairs = schemas.map(async (file) => {
    const name = file.slice(0, -SUFFIX.length);
    return [`${name}.ts`, await render(await readFile(new URL(file, FOLDER), "utf8"), name)];
  });
  return Object.fromEntries(await Promise.all(pairs));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(await renderAll())) await writeFile(new URL(file, FOLDER), text);
}
