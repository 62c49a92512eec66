/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema: the JSON Schema of the format, for editors and other programs. */
#include "cmd/commands.h"

#include "cmd/output_json.h"

#include "model/arena.h"
#include "model/schema.h"
#include "model/syntax.h"

int cmd_schema(const struct options *options)
{
	output_json(stdout, schema_build(&record_file, options->arena), JSON_INDENTED);
	return 0;
}
