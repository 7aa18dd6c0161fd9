// A member uses the API through the generated client: `node scenario.js URL CODE EMAIL`.
// All responses and problems are typed.

import { dwipper, type Dwipper, type Problem } from "dwipper-client";

declare const process: { argv: [string, string, string, string, string] };

const [, , baseUrl, code, email] = process.argv;
const password = "a rubber duck knows";

/** Throw an error with the message if the condition does not hold. */
function check(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) throw new Error(message);
}

/** Return the body of a successful response. */
function unwrap<Data>(result: { data?: Data; error?: Problem | undefined }): Data {
  if (result.error !== undefined) throw new Error(`${result.error.type}: ${result.error.detail}`);
  check(result.data !== undefined, "the response has no body");
  return result.data;
}

async function registerAndLogIn(visitor: Dwipper) {
  const { registration } = unwrap(await visitor.POST("/v1/auth/register", { body: { email, password } }));
  const wrong = await visitor.POST("/v1/auth/confirm", { body: { registration, code: "wrong" } });
  check(wrong.error?.type === "urn:dwipper:problem:invalid-or-expired-code", "the wrong code was not refused");
  const confirmed = await visitor.POST("/v1/auth/confirm", { body: { registration, code } });
  check(confirmed.response.status === 204 && confirmed.error === undefined, "the mailed code was not accepted");
  return unwrap(await visitor.POST("/v1/auth/login", { body: { email, password } }));
}

async function createOnce(member: Dwipper) {
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const body = { text: "Socks are envelopes for feet." };
  const first = await member.POST("/v1/dwipps", { params: { header }, body });
  const again = await member.POST("/v1/dwipps", { params: { header }, body });
  check(unwrap(first).id === unwrap(again).id, "the responses have different Dwipps");
  check(again.response.headers.get("Idempotent-Replayed") === "true", "the second response is not a replay");
  const other = await member.POST("/v1/dwipps", { params: { header }, body: { text: "Another." } });
  check(other.error?.type === "urn:dwipper:problem:idempotency-key-reused", "the key was accepted with another text");
  return unwrap(first).id;
}

async function pageThrough(member: Dwipper) {
  for (const text of ["One.", "Two.", "Three."]) unwrap(await member.POST("/v1/dwipps", { body: { text } }));
  const texts: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 3 } : { limit: 3, cursor };
    const page = unwrap(await member.GET("/v1/me/dwipps", { params: { query } }));
    texts.push(...page.items.map((dwipp) => dwipp.text));
    cursor = page.next_cursor;
  } while (cursor !== null);
  const listed = texts.join();
  check(listed === "Three.,Two.,One.,Socks are envelopes for feet.", `incomplete or not newest first: ${listed}`);
  const invalid = await member.GET("/v1/dwipps", { params: { query: { cursor: "nowhere" } } });
  check(invalid.error?.type === "urn:dwipper:problem:invalid-cursor", "the malformed cursor was not refused");
}

async function react(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  check(unwrap(await member.POST("/v1/dwipps/{dwipp_id}/upvote", { params })).upvotes === 1, "the upvote is missing");
  check(unwrap(await member.PUT("/v1/dwipps/{dwipp_id}/favorite", { params })).favorited, "the Dwipp is no favorite");
  const favorites = unwrap(await member.GET("/v1/me/favorites"));
  check(favorites.items[0]?.id === dwipp_id, "the favorites do not list the Dwipp");
}

async function find(member: Dwipper, dwipp_id: string) {
  const upvotes = unwrap(await member.GET("/v1/me/upvotes"));
  check(upvotes.items.map((dwipp) => dwipp.id).join() === dwipp_id, "the upvotes do not list the Dwipp");
  const byIds = unwrap(await member.GET("/v1/dwipps", { params: { query: { ids: dwipp_id } } }));
  check(byIds.items.map((dwipp) => dwipp.id).join() === dwipp_id, "the Dwipp was not read by its id");
  const query = { sort: "new", since: dwipp_id, limit: 100 } as const;
  const since = unwrap(await member.GET("/v1/dwipps", { params: { query } }));
  check(since.items.some((dwipp) => dwipp.id === dwipp_id), "the list since the Dwipp lacks it");
  check(unwrap(await member.GET("/v1/dwipps/random")).id.length === 36, "the random Dwipp has no id");
  const { error } = await member.GET("/v1/dwipps", { params: { query: { ids: dwipp_id, limit: 20 } } });
  check(error?.type === "urn:dwipper:problem:invalid-request", "the limit beside ids was not refused");
  check(error.errors?.[0]?.pointer === "query/limit", "the error does not point to the parameter");
}

async function edit(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  const path = "/v1/dwipps/{dwipp_id}";
  const edited = unwrap(await member.PATCH(path, { params, body: { text: "Socks are sleeping bags.", version: 1 } }));
  check(edited.version === 2 && edited.edited_at !== null, "the edit did not raise the version");
  const { error } = await member.PATCH(path, { params, body: { text: "Socks are tubes.", version: 1 } });
  check(error?.type === "urn:dwipper:problem:edit-conflict", "the edit of an old version did not conflict");
  const conflict: 409 = error.status;
  check(conflict === 409 && error.request_id.length > 0, "the problem has another status or no request id");
  const empty = await member.PATCH(path, { params, body: { text: " " } });
  check(empty.error?.type === "urn:dwipper:problem:invalid-request", "the empty text was not refused");
  check(empty.error.errors?.[0]?.pointer === "/text", "the error does not point to the text");
}

async function deleteDwipp(member: Dwipper, dwipp_id: string) {
  const params = { path: { dwipp_id } };
  check((await member.DELETE("/v1/dwipps/{dwipp_id}", { params })).response.status === 204, "the Dwipp is not deleted");
  const gone = await member.GET("/v1/dwipps/{dwipp_id}", { params });
  check(gone.error?.type === "urn:dwipper:problem:dwipp-not-found", "the deleted Dwipp was found");
}

async function refreshAndLogOut(visitor: Dwipper, refresh_token: string) {
  const session = unwrap(await visitor.POST("/v1/auth/refresh", { body: { refresh_token } }));
  check(session.token_type === "Bearer", "the refreshed session has no bearer token");
  const logout = await visitor.POST("/v1/auth/logout", { body: { refresh_token } });
  check(logout.response.status === 204, "the logout failed");
  const loggedOut = await visitor.POST("/v1/auth/refresh", { body: { refresh_token } });
  check(loggedOut.error?.type === "urn:dwipper:problem:invalid-refresh-token", "the revoked token was not refused");
}

const visitor = dwipper({ baseUrl });
const session = await registerAndLogIn(visitor);
const stranger = await visitor.GET("/v1/me");
check(stranger.error?.type === "urn:dwipper:problem:unauthenticated", "the request without a token was not refused");
const member = dwipper({ baseUrl, headers: { Authorization: `Bearer ${session.access_token}` } });
check(unwrap(await member.GET("/v1/me")).email === email, "the profile has another email");
const id = await createOnce(member);
await pageThrough(member);
await react(member, id);
await find(member, id);
await edit(member, id);
await deleteDwipp(member, id);
await refreshAndLogOut(visitor, session.refresh_token);
console.log("done");
