// The exports of the package: openapi-fetch with the types of schema.d.ts, which openapi-typescript generates.

import createClient, { type Client, type ClientOptions } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type * from "./schema.js";

export type Dwipper = Client<paths>;

type Schemas = components["schemas"];

/** The union of all problems of the API, discriminated by `type`. */
export type Problem = {
  [Name in keyof Schemas]: Name extends "Problem" ? never : Name extends `${string}Problem` ? Schemas[Name] : never;
}[keyof Schemas];

/**
 * Create a client of the API.
 *
 * `baseUrl` includes the stage. A member also passes `headers: { Authorization: "Bearer …" }`.
 */
export const dwipper = (options: ClientOptions): Dwipper => createClient<paths>(options);
