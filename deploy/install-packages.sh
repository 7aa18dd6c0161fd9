#!/bin/sh
# Puts the packages of a lock file into a folder of an image: compiled, read-only, without what is of no use there.
# The Dockerfile runs it, with whatever Python the base image has, and wants nothing else of that image but coreutils.
#
#   install-packages.sh LOCK FOLDER SERVICE...   (the AWS services whose descriptions botocore keeps)
set -eu
lock=$1
folder=$2
shift 2

# Wheels alone: nothing that was downloaded runs while the image is built. The lock is the answer, so nothing is resolved.
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-compile \
	--no-deps --require-hashes --only-binary=:all: --target "$folder" --requirement "$lock"

# What botocore knows of some 400 services is a third of all that is installed, and half of it once compressed.
for service in "$@"; do
	test -d "$folder/botocore/data/$service" # A name that botocore does not know ends the build here, not a request later.
done
for data in "$folder"/botocore/data/*/; do
	data=${data%/}
	case " $* " in
	*" ${data##*/} "*) ;;
	*) rm -r "$data" ;;
	esac
done
# Where they are reached stands in one file for all of them, which every start reads.
python3 - "$folder/botocore/data/endpoints.json" "$@" <<'END'
import json
import pathlib
import sys

file, kept = pathlib.Path(sys.argv[1]), sys.argv[2:]
endpoints = json.loads(file.read_text())
for partition in endpoints["partitions"]:
    partition["services"] = {name: place for name, place in partition["services"].items() if name in kept}
file.write_text(json.dumps(endpoints))
END
# What boto3.resource() would want, the tests that ecdsa brings along, a docs page that is not ours, and commands, which
# nobody runs.
rm -rf "$folder"/boto3/data/* "$folder/boto3/examples" "$folder"/ecdsa/test_*.py "${folder:?}/bin" \
	"$folder/fastapi_offline/static/redoc.standalone.js"

# Compiled once, here, since nobody may write at run time; and for good, so that no import looks at its source again.
python3 -m compileall -q --invalidation-mode unchecked-hash "$folder"
chmod -R a=rX "$folder"
