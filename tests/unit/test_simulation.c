/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The underlay of a simulation as a topology: what it looks like, and that it is a valid one. */
#include "cmd/simulation.h"

#include "cmd/output_yaml.h"

#include "model/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/expand_text.h"

static const struct facts facts = { .offline = true };

/* noinline: gcc 12 thinks that the stream still writes to `data`. */
static __attribute__((noinline)) char *printed(const struct node *tree)
{
	char *data = NULL;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	output_yaml(file, tree);
	fclose(file);
	return data;
}

static void expect_valid(const char *text)
{
	AUTO_TEXT struct text messages = { 0 };
	struct diag *diag = diag_new();
	struct document *document = NULL;
	struct topology *topology = NULL;
	struct error err = { 0 };

	if (document_load_text(&document, "underlay", text, strlen(text), diag, &err) < 0 ||
	    topology_expand(&topology, document, NULL, &facts, diag, &err) < 0) {
		diag_text(diag, &messages);
		fail_msg("%s in:\n%s", text_get(&messages), text);
	}
	topology_free(topology);
	document_free(document);
	diag_free(diag);
}

/* The simulation's parts that underlay_tree looks at. */
static char *underlay_of(const char *yaml, const char *const *names, size_t n)
{
	struct simulated_host hosts[4] = { 0 };
	struct simulation simulation = { .hosts = hosts, .n_hosts = n };
	struct document *documents[4];
	struct diag *diag = diag_new();
	char *text;

	simulation.session.arena = arena_new();
	simulation.session.name = "t";
	for (size_t i = 0; i < n; i++) {
		hosts[i].key = names[i];
		hosts[i].name = names[i] ? names[i] : "localhost";
		hosts[i].topology = expand_yaml(yaml, names[i], &facts, &documents[i], diag);
		assert_non_null(hosts[i].topology);
	}
	text = printed(underlay_tree(&simulation, 1400));
	for (size_t i = 0; i < n; i++) {
		topology_free(hosts[i].topology);
		document_free(documents[i]);
	}
	arena_free(simulation.session.arena);
	diag_free(diag);
	return text;
}

static void test_underlay_has_each_host_alone(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	AUTO_FREE char *text =
		underlay_of("hosts:\n"
			    "  a: {address: [192.0.2.1, \"2001:db8::1\"], uplink: up.0}\n"
			    "  b: {address: 198.51.100.2}\n"
			    "  c: {address: \"2001:db8:9::3\", uplink: auto}\n",
			    names, ARRAY_SIZE(names));
	static const char *const parts[] = {
		"192.0.2.1/32",
		"2001:db8::1/128",
		"interface: up.0",
		"to: 198.51.100.2/32, interface: up.0",
		"to: \"2001:db8:9::3/128\", interface: up.0",
		"to: \"2001:db8::1/128\", interface: eth0",
		"mtu: 1400",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no \"%s\" in:\n%s", parts[i], text);
	/* Of another family than b has. */
	if (strstr(strstr(text, "  b:"), "to: \"2001:db8:9::3/128\""))
		fail_msg("b cannot reach c:\n%s", text);
	expect_valid(text);
}

static void test_underlay_of_a_file_without_hosts_is_valid(void **state)
{
	static const char *const names[] = { NULL };
	AUTO_FREE char *text = underlay_of("namespaces: {n: {}}\n", names, 1);

	(void)state;
	assert_non_null(strstr(text, "localhost"));
	assert_null(strstr(text, "routes"));
	expect_valid(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_underlay_has_each_host_alone),
		cmocka_unit_test(test_underlay_of_a_file_without_hosts_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
