#!/usr/bin/env bash
# Build the TypeScript client as a package for `npm install`. `npm run client` writes dist/dwipper-client-<version>.tgz.
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder=$(realpath --canonicalize-missing "${1:-dist/client}")

rm -rf "$folder"
mkdir -p "$folder"
cp tests/e2e/clients/typescript/{index.ts,package.json,README.md,tsconfig.json} LICENSE "$folder"
node_modules/.bin/openapi-typescript openapi.json --output "$folder/schema.d.ts"
node_modules/.bin/tsc --project "$folder"
cd "$folder"
npm pkg set version="$(node --print 'JSON.parse(fs.readFileSync(process.argv[1])).info.version' "$OLDPWD/openapi.json")"
npm pack --silent --pack-destination ..
