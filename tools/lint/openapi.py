#!/usr/bin/env python3
"""docs/openapi.json names every route of node/http but those of EPCIS, and no other, with the parameters that they take."""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPERATIONS = ("/livez", "/readyz", "/version", "/metrics")


def main():
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    described = document["paths"]
    wrong = []
    sources = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "node/http").glob("*.cpp")}
    routes = {path for text in sources.values() for path in re.findall(r'"(/v1/[a-z{}/A-Z]*[a-z}])"', text)} | set(OPERATIONS)
    wrong += [f"{path} is a route of node/http and not in docs/openapi.json" for path in sorted(routes - set(described))]
    wrong += [f"{path} is in docs/openapi.json and no route of node/http" for path in sorted(set(described) - routes)]
    for path, methods in described.items():
        for method, operation in methods.items():
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            if named != set(re.findall(r"{(\w+)}", path)):
                wrong.append(f"{method} {path}: its path parameters are not those of the path")
            if not operation.get("summary") or not operation.get("responses"):
                wrong.append(f"{method} {path}: no summary or no responses")
    for path, parameters in re.findall(r'{"(/v1/[^"]*)", RuleSubject::\w+, "[a-z]*", {([^}]*)}}', sources.get("rules.cpp", "")):
        said = {one["name"] for one in described.get(path, {}).get("get", {}).get("parameters", []) if one["in"] == "query"}
        if said != set(re.findall(r'"(\w+)"', parameters)):
            wrong.append(f"get {path}: takes {parameters}, docs/openapi.json says {sorted(said)}")
    print("\n".join(wrong) if wrong else f"openapi: {len(described)} paths are described")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
