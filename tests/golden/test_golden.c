/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topology in, explicit topology and plan out, compared with the files kept beside. A case is a directory:
 *
 *   topology.yaml   what is wanted
 *   live.yaml       what is there, as a topology of its own; without it, only what others made
 *   host            the name of the host, where topology.yaml has several
 *   render.yaml     expected: the topology without sugar
 *   plan.txt        expected: the plan
 *
 * Every host of every file in topologies/ is a case too, with its expectations in tests/golden/topologies/.
 */
#include "cmd/output_plan.h"
#include "cmd/output_text.h"
#include "model/cleanup.h"
#include "reconcile/plan.h"
#include "tests/fake/expect.h"
#include "tests/fake/load.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

struct golden {
	struct expect expect;
	struct arena *arena;
};

static void write_refusals(FILE *file, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_refusals; i++) {
		const struct refusal *refusal = &plan->refusals[i];

		fprintf(file, "refused: %s:%u: %s\n", refusal->position.file,
			refusal->position.line, refusal->text);
		if (refusal->hint)
			fprintf(file, "         %s\n", refusal->hint);
	}
}

/* To be freed. */
static char *print_plan(const struct topology *topology, const struct model *have)
{
	const struct plan_heading heading = { .name = topology->name, .host = topology->host };
	struct error err = { 0 };
	struct plan *plan;
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	if (plan_build(&plan, topology->want, have, &err)) {
		fprintf(file, "error: %s\n", err.text);
	} else {
		output_plan(file, plan, &heading);
		write_refusals(file, plan);
		plan_free(plan);
	}
	fclose(file);
	return text;
}

static struct document *load(const char *path, struct diag *diag, struct error *err)
{
	const struct document_options options = { .files = &path, .n_files = 1 };
	struct document *document;

	return document_load(&document, &options, diag, err) ? NULL : document;
}

/* Positions in a topology borrow from its document. */
struct loaded {
	struct document *document;
	struct topology *topology; /* NULL: reported as a failure, with its mistakes */
};

static struct loaded expand(struct golden *golden, const char *path, const char *host)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct loaded loaded = { .document = load(path, diag, &err) };

	if (loaded.document)
		loaded.topology = load_topology(loaded.document, host, diag, &err);
	if (!loaded.topology) {
		output_diag(stderr, diag, false);
		fprintf(stderr, "%s\n", err.text);
		expect_that(&golden->expect, false, "%s is read", path);
	}
	diag_free(diag);
	return loaded;
}

static void unload(struct loaded *loaded)
{
	topology_free(loaded->topology);
	document_free(loaded->document);
}

/* Rendered once more, it is the same; and so is what it means. */
static void check_round_trip(struct golden *golden, const char *name,
			     const struct topology *topology, const char *text)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct document *document;
	struct topology *again = load_text(text, topology->host, &document, diag, &err);
	AUTO_FREE char *text_again = again ? load_render(again) : NULL;

	output_diag(stderr, diag, false);
	expect_that(&golden->expect, again && load_models_equal(topology->want, again->want),
		    "%s means the same rendered", name);
	expect_that(&golden->expect, text_again && !strcmp(text, text_again),
		    "%s is rendered the same twice", name);
	topology_free(again);
	document_free(document);
	diag_free(diag);
}

/* The plan from what is there to what is wanted, and that it would be the last. */
static void check_plan(struct golden *golden, const char *path, const struct topology *topology,
		       const struct model *want_live)
{
	struct model *live = load_live(want_live ? want_live : topology->want, !want_live);
	struct model *reached = load_live(topology->want, false);
	AUTO_FREE char *text = print_plan(topology, live);
	struct error err = { 0 };
	struct plan *plan;

	expect_file(&golden->expect, path, text);
	if (!plan_build(&plan, topology->want, reached, &err)) {
		expect_that(&golden->expect, plan_is_empty(plan), "%s leads to an empty one", path);
		plan_free(plan);
	} else {
		expect_that(&golden->expect, false, "%s: %s", path, err.text);
	}
	model_free(live);
	model_free(reached);
}

static void check_case(struct golden *golden, const char *directory)
{
	struct arena *arena = golden->arena;
	AUTO_FREE char *host = expect_read(arena_printf(arena, "%s/host", directory));
	const char *topology_path = arena_printf(arena, "%s/topology.yaml", directory);
	const char *live_path = arena_printf(arena, "%s/live.yaml", directory);
	struct loaded wanted, live = { NULL, NULL };
	AUTO_FREE char *text = NULL;
	struct stat unused;

	if (host)
		host[strcspn(host, "\n")] = '\0';
	wanted = expand(golden, topology_path, host);
	if (!stat(live_path, &unused))
		live = expand(golden, live_path, host);
	if (wanted.topology && !live.document == !live.topology) {
		text = load_render(wanted.topology);
		expect_file(&golden->expect, arena_printf(arena, "%s/render.yaml", directory),
			    text);
		check_round_trip(golden, topology_path, wanted.topology, text);
		check_plan(golden, arena_printf(arena, "%s/plan.txt", directory), wanted.topology,
			   live.topology ? live.topology->want : NULL);
	}
	unload(&live);
	unload(&wanted);
}

static void check_host(struct golden *golden, const char *path, const char *name, const char *host)
{
	struct loaded wanted = expand(golden, path, host);
	const char *base = arena_printf(golden->arena, "tests/golden/topologies/%s%s%s", name,
					host ? "-" : "", host ? host : "");
	AUTO_FREE char *text = NULL;

	if (wanted.topology) {
		text = load_render(wanted.topology);
		expect_file(&golden->expect, arena_printf(golden->arena, "%s.yaml", base), text);
		check_round_trip(golden, base, wanted.topology, text);
		check_plan(golden, arena_printf(golden->arena, "%s.txt", base), wanted.topology,
			   NULL);
	}
	unload(&wanted);
}

static void check_topology(struct golden *golden, const char *path, const char *name)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct document *document = load(path, diag, &err);
	const char **hosts;
	size_t n, i;

	output_diag(stderr, diag, false);
	expect_that(&golden->expect, document, "%s is YAML", path);
	if (document) {
		hosts = load_hosts(document, golden->arena, &n);
		for (i = 0; i < n; i++)
			check_host(golden, path, name, hosts[i]);
	}
	document_free(document);
	diag_free(diag);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void check_topologies(struct golden *golden)
{
	struct dirent **entries;
	int n = scandir("topologies", &entries, is_visible, alphasort), i;

	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		const char *dot = strstr(name, ".yaml");
		const char *path = arena_printf(golden->arena, "topologies/%s", name);

		if (dot)
			check_topology(golden, path,
				       arena_strndup(golden->arena, name, (size_t)(dot - name)));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void check_cases(struct golden *golden)
{
	struct dirent **entries;
	int n = scandir("tests/golden", &entries, is_visible, alphasort), i;
	struct stat unused;

	for (i = 0; i < n; i++) {
		const char *path =
			arena_printf(golden->arena, "tests/golden/%s", entries[i]->d_name);

		if (!stat(arena_printf(golden->arena, "%s/topology.yaml", path), &unused))
			check_case(golden, path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int main(void)
{
	struct golden golden = { .arena = arena_new() };

	expect_begin(&golden.expect);
	check_cases(&golden);
	check_topologies(&golden);
	arena_free(golden.arena);
	return expect_end(&golden.expect);
}
