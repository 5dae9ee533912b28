// Reads workflows, and the action.yml of an action, as GitHub does. Arguments: the action's name, its action.yml, then
// files. Out: one line for each thing that is wrong: {"file", "line", "message"}.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename } from "node:path";
import { parse } from "yaml";

// The package imports JSON without saying that it is JSON, as bundlers allow and Node.js does not.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
  },
});
const { validate } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");

const [action, metadataFile, ...files] = process.argv.slice(2);
const metadata = parse(readFileSync(metadataFile, "utf8"));
// Of other actions nothing is known here, which leaves their inputs unchecked.
const actionsMetadataProvider = {
  fetchActionMetadata: async ({ owner, name }) => (`${owner}/${name}` === action ? metadata : {}),
};

for (const [number, file] of files.entries()) {
  // The path says which of the two it is, wherever the file lies. Documents are cached by it, so each has its own.
  const place = basename(file) === "action.yml" ? `${number}` : `${number}/.github/workflows`;
  const document = TextDocument.create(`file:///${place}/${basename(file)}`, "yaml", 1, readFileSync(file, "utf8"));
  for (const { message, range } of await validate(document, { actionsMetadataProvider })) {
    process.stdout.write(`${JSON.stringify({ file, line: range.start.line + 1, message })}\n`);
  }
}
