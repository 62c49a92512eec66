/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved plans as anybody may have written them: what is taken from one is complete, or nothing is. */
#include "cmd/plan_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct options none = { 0 };
	struct options options;
	struct plan_file file;
	struct error err;
	size_t i, length = 0;

	if (plan_file_parse(&file, (const char *)data, size, arena, &err) == 0) {
		options = plan_file_options(&file, &none);
		if (!options.n_files || file.directory[0] != '/')
			abort();
		for (i = 0; i < options.n_files; i++)
			length += strlen(options.files[i]);
		for (i = 0; i < options.n_variable_files; i++)
			length += strlen(options.variable_files[i]);
		for (i = 0; i < options.n_variables; i++)
			length += strlen(options.variables[i].name) +
				  strlen(options.variables[i].value) +
				  strlen(options.variables[i].origin);
		for (i = 0; i < file.n_inputs; i++)
			length += strlen(file.inputs[i].path) + strlen(file.inputs[i].sha256);
		if (length > 4 * size) /* each text stands in the file */
			abort();
	}
	arena_free(arena);
	return 0;
}
