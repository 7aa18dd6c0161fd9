// The exports of the package: openapi-fetch, with the types in schema.d.ts that openapi-typescript generates.

import createClient, { type Client, type ClientOptions } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type * from "./schema.js";

export type Dwipper = Client<paths>;

type Schemas = components["schemas"];

/** All problems of the API. The `type` discriminates between them. */
export type Problem = { [Name in keyof Schemas]: Name extends `${string}Problem` ? Schemas[Name] : never }[keyof Schemas];

/**
 * Create a client of the API.
 *
 * `baseUrl` includes the stage. A member also passes `headers: { Authorization: "Bearer …" }`.
 */
export const dwipper = (options: ClientOptions): Dwipper => createClient<paths>(options);
