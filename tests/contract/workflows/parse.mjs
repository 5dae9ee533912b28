// Reads workflows, and the action.yml of an action, as GitHub does. Arguments: the action's name, its action.yml, then
// files. Out: one line for each fault: {"file", "line", "message"}.

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
// The metadata of other actions are unknown, so their inputs are not checked.
const actionsMetadataProvider = {
  fetchActionMetadata: async ({ owner, name }) => (`${owner}/${name}` === action ? metadata : {}),
};

for (const [number, file] of files.entries()) {
  // The parser takes the kind of a document from its path, and caches by it. So each document has its own path.
  const place = basename(file) === "action.yml" ? `${number}` : `${number}/.github/workflows`;
  const document = TextDocument.create(`file:///${place}/${basename(file)}`, "yaml", 1, readFileSync(file, "utf8"));
  for (const { message, range } of await validate(document, { actionsMetadataProvider })) {
    process.stdout.write(`${JSON.stringify({ file, line: range.start.line + 1, message })}\n`);
  }
}
