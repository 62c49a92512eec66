/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes in, exact messages out: NAME.yaml, read for each of its hosts, is told what NAME.txt says. Files that no
 * repository should carry are made here.
 */
#include "cmd/output_text.h"
#include "model/cleanup.h"
#include "tests/fake/expect.h"
#include "tests/fake/load.h"

#include <dirent.h>
#include <string.h>

/* What reading the file has to say; to be freed. */
static char *read_messages(const char *path)
{
	const struct document_options options = { .files = &path, .n_files = 1 };
	struct arena *arena = arena_new();
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct error err = { 0 };
	const char **hosts;
	char *text = NULL;
	size_t length, n = 0, i;
	FILE *file = open_memstream(&text, &length);
	int error = document_load(&document, &options, diag, &err);

	hosts = error ? NULL : load_hosts(document, arena, &n);
	for (i = 0; i < n; i++) {
		struct topology *topology = load_topology(document, hosts[i], diag, &err);

		topology_free(topology);
	}
	output_diag(file, diag, false);
	if (err.code && !diag_errors(diag))
		fprintf(file, "error: %s\n", err.text);
	if (!err.code && !diag_count(diag))
		fprintf(file, "no mistake\n");
	fclose(file);
	document_free(document);
	diag_free(diag);
	arena_free(arena);
	return text;
}

static void check_file(struct expect *expect, const char *name)
{
	AUTO_FREE char *text = read_messages(name);
	struct arena *arena = arena_new();

	expect_file(expect,
		    arena_printf(arena, "%.*s.txt", (int)(strstr(name, ".yaml") - name), name),
		    text);
	/* A warning stands beside others; a case is about an error. */
	expect_that(expect, strstr(text, "error: ") || strstr(text, "warning: "),
		    "%s is told about", name);
	arena_free(arena);
}

static int is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".yaml");
}

/* ---- files made here ---- */

static void write_times(FILE *file, const char *text, unsigned times)
{
	while (times-- > 0)
		fputs(text, file);
}

static void write_huge(FILE *file)
{
	fputs("version: 1\nname: huge\n", file);
	write_times(file, "# a comment that goes on and on, and says nothing at all, ever\n",
		    160000);
}

static void write_deep(FILE *file)
{
	fputs("version: 1\nname: deep\nlabels: ", file);
	write_times(file, "[", 1000);
}

static void write_aliases(FILE *file)
{
	char name;

	fputs("version: 1\nname: bomb\nvars:\n  a: &a [x, x, x, x, x, x, x, x, x]\n", file);
	for (name = 'b'; name <= 'z'; name++)
		fprintf(file, "  %c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", name,
			name, name - 1, name - 1, name - 1, name - 1, name - 1, name - 1, name - 1,
			name - 1, name - 1);
	fputs("labels: {a: *z}\n", file);
}

static void write_nul(FILE *file)
{
	fputs("version: 1\nname: nul", file);
	fputc('\0', file);
	fputs("\n", file);
}

static void write_long_line(FILE *file)
{
	fputs("version: 1\nname: long\nbridges: {", file);
	write_times(file, "a-name-that-goes-on-and-on", 200);
	fputs(": {}}\n", file);
}

static void write_many(FILE *file)
{
	unsigned i;

	fputs("version: 1\nname: many\nbridges:\n", file);
	for (i = 0; i < 30; i++)
		fprintf(file, "  br%u: {adresses: [10.%u.0.1/24]}\n", i, i);
}

/* Names stay as they are, so that messages do: they are made where the kept texts are, and removed. */
static void check_made(struct expect *expect)
{
	static const struct {
		const char *name;
		void (*write)(FILE *file);
	} made[] = {
		{ "made-aliases.yaml", write_aliases }, { "made-deep.yaml", write_deep },
		{ "made-huge.yaml", write_huge },	{ "made-long-line.yaml", write_long_line },
		{ "made-many.yaml", write_many },	{ "made-nul.yaml", write_nul },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(made); i++) {
		FILE *file = fopen(made[i].name, "we");

		if (!file) {
			expect_that(expect, false, "%s is made", made[i].name);
			continue;
		}
		made[i].write(file);
		fclose(file);
		check_file(expect, made[i].name);
		unlink(made[i].name);
	}
}

int main(void)
{
	struct dirent **entries;
	struct expect expect;
	int n, i;

	expect_begin(&expect);
	if (chdir("tests/errors")) {
		perror("tests/errors");
		return 1;
	}
	n = scandir(".", &entries, is_yaml, alphasort);
	for (i = 0; i < n; i++) {
		check_file(&expect, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	check_made(&expect);
	return expect_end(&expect);
}
