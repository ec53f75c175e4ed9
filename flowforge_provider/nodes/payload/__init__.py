"""
What a run is started with, described once: as a list of fields or as a JSON Schema.

The run dialog, the public form page and the check of ``POST /executions`` are all made from it.
"""

from flowforge_provider.nodes.payload.checking import PayloadFault, check_schema, find_faults
from flowforge_provider.nodes.payload.fields import FieldType, PayloadField
from flowforge_provider.nodes.payload.inputs import Choice, FormInput, inputs_of
from flowforge_provider.nodes.payload.parameters import (
    FormParameters,
    PayloadParameters,
    check_payload_parameters,
)
from flowforge_provider.nodes.payload.schema import schema_of, to_schema

__all__ = [
    "Choice",
    "FieldType",
    "FormInput",
    "FormParameters",
    "PayloadFault",
    "PayloadField",
    "PayloadParameters",
    "check_payload_parameters",
    "check_schema",
    "find_faults",
    "inputs_of",
    "schema_of",
    "to_schema",
]
