"""The OpenAPI document names every operation with the schemas of its records."""

from __future__ import annotations

import msgspec


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(document, reference):
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_document_names_every_operation(trader, shop):
    document = trader.get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {f"/api/{name.replace('.', '/')}" for name in shop}
    assert set(document["paths"]["/api/shop/count"]) == {"post"}
    assert document["paths"]["/api/shop/bars"]["get"]["x-permission"] == "shop.read"


def test_every_reference_resolves(trader):
    document = trader.get("/api/openapi.json").json()
    found = set(references(document))
    assert "#/components/schemas/CountReply" in found
    for reference in found:
        assert resolve(document, reference)


def test_schemas_are_the_records(trader):
    document = trader.get("/api/openapi.json").json()
    request = document["components"]["schemas"]["CountRequest"]
    assert request["required"] == ["quantity"]
    parameters = {each["name"]: each for each in document["paths"]["/api/shop/bars"]["get"]["parameters"]}
    assert set(parameters) == {"instruments", "start", "minimum", "note", "limit", "offset", "sort"}
    assert parameters["instruments"]["schema"]["type"] == "array"
    assert parameters["minimum"]["schema"]["x-unit"] == "1e-4 of the currency"
    media = document["paths"]["/api/shop/bars"]["get"]["responses"]["200"]["content"]
    assert "application/vnd.apache.arrow.stream" in media


def test_document_loads_nothing_from_outside(trader):
    assert b"http" not in msgspec.json.encode(trader.get("/api/openapi.json").json()["paths"])
