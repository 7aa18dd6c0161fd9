#!/bin/sh
# Install the packages of a lock file into a folder of an image: compiled, read-only, and without unused files.
# The Dockerfile runs this script with the Python of the base image. Apart from Python, it requires only coreutils.
#
#   install-packages.sh LOCK FOLDER SERVICE...   (the AWS services whose definitions botocore keeps)
set -eu
lock=$1
folder=$2
shift 2

# Only wheels, so no downloaded code runs during the installation. The lock file is complete, so pip resolves nothing.
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-compile \
	--no-deps --require-hashes --only-binary=:all: --target "$folder" --requirement "$lock"

# botocore's definitions of some 400 services are a third of the installed size, and half of the compressed size.
for service in "$@"; do
	test -d "$folder/botocore/data/$service" # An unknown service fails the build, not a request.
done
for data in "$folder"/botocore/data/*/; do
	data=${data%/}
	case " $* " in
	*" ${data##*/} "*) ;;
	*) rm -r "$data" ;;
	esac
done
# Every cold start reads the definition of DynamoDB and the file with the endpoints of all services. So remove the
# descriptions, the compression and the endpoints of the other services.
python3 - "$folder/botocore/data" "$@" <<'END'
import gzip
import json
import pathlib
import sys


def remove_descriptions(node):
    if isinstance(node, dict):
        is_text = isinstance(node.get("documentation"), str)  # A member of a shape may have this name, too.
        return {k: remove_descriptions(v) for k, v in node.items() if k != "documentation" or not is_text}
    return [remove_descriptions(item) for item in node] if isinstance(node, list) else node


data, kept = pathlib.Path(sys.argv[1]), sys.argv[2:]
for packed in data.rglob("*.json.gz"):
    definition = remove_descriptions(json.loads(gzip.decompress(packed.read_bytes())))
    packed.with_suffix("").write_text(json.dumps(definition, separators=(",", ":")))
    packed.unlink()
endpoints = json.loads((data / "endpoints.json").read_text())
for partition in endpoints["partitions"]:
    partition["services"] = {name: service for name, service in partition["services"].items() if name in kept}
(data / "endpoints.json").write_text(json.dumps(endpoints))
END
# Unused: the data of boto3.resource(), the tests of ecdsa, a docs page (ReDoc) that the app does not serve, commands, and
# pydantic's first version. FastAPI imports the latter for the first route if it exists.
rm -rf "$folder/pydantic/v1" "$folder"/boto3/data/* "$folder/boto3/examples" "$folder"/ecdsa/test_*.py "${folder:?}/bin" \
	"$folder/fastapi_offline/static/redoc.standalone.js"

# Compile here, because the folder is read-only at run time. With unchecked hashes, no import compares the bytecode with
# its source.
python3 -m compileall -q --invalidation-mode unchecked-hash "$folder"
chmod -R a=rX "$folder"
