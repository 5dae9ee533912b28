// Reduces GitHub's OpenAPI document to the operations in use, without descriptions and examples.
//   npm ci && node trim.mjs > openapi.json     from the development dependency, which unpacks to 400 MB
//   node trim.mjs WHOLE.json                   from another copy

import { readFileSync } from "node:fs";

const repository = "/repos/{owner}/{repo}";
const actions = `${repository}/actions`;
const artifacts = `${actions}/artifacts`;
const operations = {
  [repository]: ["get"],
  [`${repository}/branches/{branch}`]: ["get"],
  [`${repository}/issues`]: ["get", "post"],
  [`${repository}/issues/{issue_number}`]: ["patch"],
  [`${repository}/issues/{issue_number}/comments`]: ["post"],
  "/user": ["get"],
  [artifacts]: ["get"],
  [`${artifacts}/{artifact_id}`]: ["get", "delete"],
  [`${artifacts}/{artifact_id}/{archive_format}`]: ["get"],
  [`${actions}/runs/{run_id}`]: ["get", "delete"],
  [`${actions}/runs/{run_id}/artifacts`]: ["get"],
  [`${actions}/workflows/{workflow_id}/dispatches`]: ["post"],
  [`${actions}/workflows/{workflow_id}/runs`]: ["get"],
};

const prose = new Set(["description", "example", "examples", "externalDocs", "operationId", "summary", "tags", "title"]);
const isKept = (key) => !prose.has(key) && !key.startsWith("x-");

// Below `properties` and `headers` the keys are names and not keywords. A property may be called `title`.
const namesFollow = (key) => key === "properties" || key === "headers";

function withoutProse(part, keysAreNames = false) {
  if (Array.isArray(part)) return part.map((each) => withoutProse(each));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => keysAreNames || isKept(key))
      .map(([key, value]) => [key, withoutProse(value, !keysAreNames && namesFollow(key))]),
  );
}

const at = (document, path) => path.reduce((part, key) => part[key], document);

function put(document, path, value) {
  const parent = path.slice(0, -1).reduce((part, key) => (part[key] ??= {}), document);
  parent[path.at(-1)] = value;
}

function* references(part) {
  if (part === null || typeof part !== "object") return;
  if (typeof part.$ref === "string") yield part.$ref.slice("#/".length);
  for (const each of Object.values(part)) yield* references(each);
}

function trim(whole) {
  const trimmed = { openapi: whole.openapi, info: { version: whole.info.version } };
  const wanted = Object.entries(operations).flatMap(([path, methods]) => methods.map((method) => ["paths", path, method]));
  const seen = new Set();
  for (let path; (path = wanted.shift()); ) {
    const part = withoutProse(at(whole, path));
    put(trimmed, path, part);
    for (const reference of references(part)) {
      if (!seen.has(reference)) wanted.push(reference.split("/"));
      seen.add(reference);
    }
  }
  return trimmed;
}

const path = process.argv[2] ?? "node_modules/@octokit/openapi/generated/api.github.com.json";
process.stdout.write(`${JSON.stringify(trim(JSON.parse(readFileSync(path))), null, 1)}\n`);
