// Checks payloads against the schemas that Discord publishes: its OpenAPI document, built by `discord-api-spec`.
// In: one JSON object a line, {"kind", "body"}. Out, for each: one line, {"ok", "issues"}.

import { createInterface } from "node:readline";
import * as spec from "discord-api-spec/zod";
import * as z from "zod/mini";

z.config(z.locales.en());

// The document has numbers for the codes inside `errors`. Discord sends texts, as its reference shows.
const fieldErrors = z.object({
  _errors: z.array(z.object({ code: z.string(), message: z.string() })),
});
const errorDetails = z.union([fieldErrors, z.record(z.string(), z.lazy(() => errorDetails))]);

const kinds = {
  execute: { schema: spec.IncomingWebhookRequestPartialSchema, closed: true },
  edit: { schema: spec.IncomingWebhookUpdateRequestPartialSchema, closed: true },
  message: { schema: spec.MessageResponseSchema },
  webhook: { schema: spec.GuildIncomingWebhookResponseSchema },
  error: {
    schema: z.intersection(spec.ErrorSchema, z.object({ errors: z.optional(errorDetails) })),
  },
  // the document demands a `code`; the reference has one "for some limits", and its examples have none
  "rate-limit": {
    schema: spec.RatelimitedResponseSchema,
    complete: (body) => ({ code: 0, ...body }),
  },
};

const dateTime = z.iso.datetime({ offset: true });

const at = (body, path) => path.reduce((part, key) => part?.[key], body);

function put(body, path, value) {
  at(body, path.slice(0, -1))[path.at(-1)] = value;
}

// This build is stricter than the document: it counts a length in UTF-16 units instead of code points, and it
// allows no offset in a date-time (RFC 3339). Such a value is replaced by one that both accept.
function replaceWhatOnlyTheBuildRefuses(body, issues) {
  for (const { code, format, maximum, path } of issues) {
    const value = at(body, path);
    if (code === "too_big" && typeof value === "string" && [...value].length <= maximum) {
      put(body, path, "x".repeat(maximum));
    } else if (format === "datetime" && dateTime.safeParse(value).success) {
      put(body, path, new Date(value).toISOString());
    }
  }
}

// Discord ignores unknown keys, so a misspelt `allowed_mentions` would ping. In a request this is an issue.
function* unknownKeys(sent, known, path = []) {
  if (sent === null || typeof sent !== "object") return;
  for (const key of Object.keys(sent)) {
    if (Object.hasOwn(known, key)) {
      yield* unknownKeys(sent[key], known[key], [...path, key]);
    } else {
      yield { path: [...path, key], message: "unknown key" };
    }
  }
}

function issuesOf({ kind, body }) {
  const { schema, closed = false, complete = (whole) => whole } = kinds[kind];
  const whole = complete(body);
  const first = schema.safeParse(whole);
  if (!first.success) replaceWhatOnlyTheBuildRefuses(whole, first.error.issues);
  const result = schema.safeParse(whole);
  if (!result.success) return result.error.issues;
  return closed ? [...unknownKeys(whole, result.data)] : [];
}

const describe = ({ path, message }) => `${path.join(".") || "(all)"}: ${message}`;

for await (const line of createInterface({ input: process.stdin })) {
  const issues = issuesOf(JSON.parse(line)).map(describe);
  process.stdout.write(`${JSON.stringify({ ok: issues.length === 0, issues })}\n`);
}
