// What the package gives out: openapi-fetch, with the types that openapi-typescript made of the document in schema.d.ts.

import createClient, { type Client, type ClientOptions } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type * from "./schema.js";

export type Dwipper = Client<paths>;

type Schemas = components["schemas"];

/** Every problem that the API can answer with, told apart by its `type`. */
export type Problem = { [Name in keyof Schemas]: Name extends `${string}Problem` ? Schemas[Name] : never }[keyof Schemas];

/** A client of the API at `baseUrl`, its stage included; members send `headers: { Authorization: "Bearer …" }`. */
export const dwipper = (options: ClientOptions): Dwipper => createClient<paths>(options);
