// What a member does, by the generated client: `node story.js URL CODE EMAIL`. Every answer and every problem is typed.

import { dwipper, type Dwipper, type Problem } from "dwipper-client";

declare const process: { argv: [string, string, string, string, string] };

const [, , baseUrl, code, email] = process.argv;
const password = "a rubber duck knows";

function check(holds: unknown, what: string): asserts holds {
  if (holds === false || holds === undefined || holds === null) throw new Error(what);
}

/** The body of an answer that is no problem. */
function good<Data>(answer: { data?: Data; error?: Problem | undefined }): Data {
  if (answer.error !== undefined) throw new Error(`${answer.error.type}: ${answer.error.detail}`);
  check(answer.data !== undefined, "no body");
  return answer.data;
}

async function join(visitor: Dwipper) {
  const { registration } = good(await visitor.POST("/v1/auth/register", { body: { email, password } }));
  const wrong = await visitor.POST("/v1/auth/confirm", { body: { registration, code: "wrong" } });
  check(wrong.error?.type === "urn:dwipper:problem:invalid-or-expired-code", "a wrong code is refused");
  const confirmed = await visitor.POST("/v1/auth/confirm", { body: { registration, code } });
  check(confirmed.response.status === 204 && confirmed.error === undefined, "the right one is not");
  return good(await visitor.POST("/v1/auth/login", { body: { email, password } }));
}

async function writeOnce(member: Dwipper) {
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const body = { text: "Socks are envelopes for feet." };
  const first = await member.POST("/v1/dwipps", { params: { header }, body });
  const again = await member.POST("/v1/dwipps", { params: { header }, body });
  check(good(first).id === good(again).id, "it is there once");
  check(again.response.headers.get("Idempotent-Replayed") === "true", "which the answer says");
  const other = await member.POST("/v1/dwipps", { params: { header }, body: { text: "Another." } });
  check(other.error?.type === "urn:dwipper:problem:idempotency-key-reused", "the key is for that text");
  return good(first).id;
}

async function pageThrough(member: Dwipper) {
  for (const text of ["One.", "Two.", "Three."]) good(await member.POST("/v1/dwipps", { body: { text } }));
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 3 } : { limit: 3, cursor };
    const page = good(await member.GET("/v1/me/dwipps", { params: { query } }));
    seen.push(...page.items.map((dwipp) => dwipp.text));
    cursor = page.next_cursor;
  } while (cursor !== null);
  check(seen.join() === "Three.,Two.,One.,Socks are envelopes for feet.", `all are there: ${seen.join()}`);
  const lost = await member.GET("/v1/dwipps", { params: { query: { cursor: "nowhere" } } });
  check(lost.error?.type === "urn:dwipper:problem:invalid-cursor", "a cursor is ours");
}

async function react(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  check(good(await member.POST("/v1/dwipps/{dwipp_id}/upvote", { params })).upvotes === 1, "it is upvoted");
  check(good(await member.PUT("/v1/dwipps/{dwipp_id}/favorite", { params })).favorited, "and kept");
  const favorites = good(await member.GET("/v1/me/favorites"));
  check(favorites.items[0]?.id === dwipp_id, "among the favorites");
}

async function edit(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  const path = "/v1/dwipps/{dwipp_id}";
  const edited = good(await member.PATCH(path, { params, body: { text: "Socks are sleeping bags.", version: 1 } }));
  check(edited.version === 2 && edited.edited_at !== null, "it is edited");
  const { error } = await member.PATCH(path, { params, body: { text: "Socks are tubes.", version: 1 } });
  check(error?.type === "urn:dwipper:problem:edit-conflict", "not over an edit");
  const conflict: 409 = error.status;
  check(conflict === 409 && error.request_id.length > 0, "as the problem says");
  const empty = await member.PATCH(path, { params, body: { text: " " } });
  check(empty.error?.type === "urn:dwipper:problem:invalid-request", "nor to nothing");
  check(empty.error.errors?.[0]?.pointer === "/text", "and where it is wrong");
}

async function remove(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  check((await member.DELETE("/v1/dwipps/{dwipp_id}", { params })).response.status === 204, "it is deleted");
  const gone = await member.GET("/v1/dwipps/{dwipp_id}", { params });
  check(gone.error?.type === "urn:dwipper:problem:dwipp-not-found", "and gone");
}

async function leave(visitor: Dwipper, refresh_token: string) {
  const session = good(await visitor.POST("/v1/auth/refresh", { body: { refresh_token } }));
  check(session.token_type === "Bearer", "the session goes on");
  check((await visitor.POST("/v1/auth/logout", { body: { refresh_token } })).response.status === 204, "and ends");
  const over = await visitor.POST("/v1/auth/refresh", { body: { refresh_token } });
  check(over.error?.type === "urn:dwipper:problem:invalid-refresh-token", "for good");
}

const visitor = dwipper({ baseUrl });
const session = await join(visitor);
const stranger = await visitor.GET("/v1/me");
check(stranger.error?.type === "urn:dwipper:problem:unauthenticated", "members alone");
const member = dwipper({ baseUrl, headers: { Authorization: `Bearer ${session.access_token}` } });
check(good(await member.GET("/v1/me")).email === email, "it is them");
const id = await writeOnce(member);
await pageThrough(member);
await react(member, id);
await edit(member, id);
await remove(member, id);
await leave(visitor, session.refresh_token);
console.log("told");
