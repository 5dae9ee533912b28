// Checks requests to GitHub's REST API, and responses, against the OpenAPI document that GitHub publishes.
// In: one JSON object a line, {"method", "path", "query"} of a request, {"headers", "body"} where it has one, with
// {"status", "headers", "body"} of a response instead, all headers in lower case. Out, for each: one line, {"issues"}.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const document = JSON.parse(readFileSync("openapi.json"));

// A field that is not in the document is an issue.
function close(part) {
  if (part === null || typeof part !== "object") return;
  for (const each of part.allOf ?? []) each.additionalProperties ??= true; // each has a part of the fields
  if (part.properties) part.additionalProperties ??= false;
  if (!part.type) delete part.nullable; // without a type it means nothing, and ajv rejects it
  if (part.nullable && part.enum) part.enum = [...part.enum, null]; // as GitHub sends it
  for (const each of Object.values(part)) close(each);
}
close(document.components.schemas);
close(document.paths);

const ajv = new Ajv({ allErrors: true, strict: false }).addSchema(document, "github");
const ajvOfTexts = new Ajv({ allErrors: true, strict: false, coerceTypes: true });
addFormats(ajv);

const resolve = (part) =>
  part.$ref ? part.$ref.slice("#/".length).split("/").reduce((whole, key) => whole[key], document) : part;

// A schema is compiled where it stands in the document, so that its references are found.
const pointer = (...keys) => `github#/${keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

const routes = Object.entries(document.paths).map(([template, methods]) => ({
  template,
  methods,
  pattern: new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
}));

function find({ method, path }) {
  for (const { template, methods, pattern } of routes) {
    const operation = methods[method.toLowerCase()];
    const match = pattern.exec(path);
    if (operation && match) return { template, operation, inPath: match.groups };
  }
}

function* issuesOfRequest({ template, operation, inPath }, { method, query, headers = {}, body }) {
  const parameters = operation.parameters.map(resolve);
  for (const { name, in: place, required, schema } of parameters) {
    const value = (place === "path" ? inPath : query)[name];
    if (value === undefined) {
      if (required) yield `${name}: is missing`;
    } else if (!ajvOfTexts.validate({ type: "object", properties: { value: schema } }, { value })) {
      yield `${name}: ${ajvOfTexts.errorsText()}`;
    }
  }
  const known = parameters.filter(({ in: place }) => place === "query").map(({ name }) => name);
  for (const name of Object.keys(query)) {
    if (!known.includes(name)) yield `${name}: unknown parameter`;
  }
  if (operation.requestBody) {
    const place = ["paths", template, method.toLowerCase(), "requestBody", "content", "application/json", "schema"];
    yield* issuesOfBody(pointer(...place), { headers, body });
  } else if (body) {
    yield "(all): this request has no body in the document";
  }
}

function* issuesOfBody(schemaPointer, { headers, body }) {
  if (!headers["content-type"]?.startsWith("application/json")) {
    yield `content-type: ${headers["content-type"]} is not a type of JSON`;
    return;
  }
  const validate = ajv.getSchema(schemaPointer);
  if (!validate(JSON.parse(body))) {
    for (const { instancePath, message, params } of validate.errors) {
      yield `${instancePath || "(all)"}: ${message} ${JSON.stringify(params)}`;
    }
  }
}

const basicError = pointer("components", "schemas", "basic-error");

function* issuesOfResponse({ template, operation }, { method, status, headers, body }) {
  const declared = operation.responses[status];
  if (!declared) {
    if (status < 400) yield `${status}: is not declared`;
    else yield* issuesOfBody(basicError, { headers, body });
    return;
  }
  const { content, headers: declaredHeaders = {} } = resolve(declared);
  if (content) {
    const inside = ["content", "application/json", "schema"];
    const place = declared.$ref
      ? declared.$ref.slice("#/".length).split("/")
      : ["paths", template, method.toLowerCase(), "responses", String(status)];
    yield* issuesOfBody(pointer(...place, ...inside), { headers, body });
  } else if (body) {
    yield "(all): this response has no body in the document";
  }
  for (const [name, header] of Object.entries(declaredHeaders)) {
    const value = headers[name.toLowerCase()];
    if (value !== undefined && !ajvOfTexts.validate(resolve(header).schema, value)) yield `${name}: is not of its type`;
  }
}

function* issuesOf(exchange) {
  const found = find(exchange);
  if (!found) {
    yield `${exchange.method} ${exchange.path}: is not in the document`;
    return;
  }
  if (exchange.status === undefined) yield* issuesOfRequest(found, exchange);
  else yield* issuesOfResponse(found, exchange);
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ issues: [...issuesOf(JSON.parse(line))] })}\n`);
}
