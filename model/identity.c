/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which host of the file this machine is. Works on the tree, before anything of the file is checked: what is no
 * text, no list and no map here is reported by the reader later and matches nothing.
 */
#include "model/topology.h"

#include "model/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* One answer to "which host am I?", while its steps are walked. */
struct search {
	const struct node *hosts;
	const struct facts *facts;
	struct text *reasoning; /* NULL: nobody wants it */
	struct text compared;	/* the same, short, for the error */
	struct error *err;
};

/* How a step ended. */
enum outcome { OUTCOME_NONE, OUTCOME_FOUND, OUTCOME_ERROR };

static void reason(const struct search *search, const char *step, const char *text)
{
	if (search->reasoning)
		text_add(search->reasoning, "%s: %s\n", step, text);
}

/* What one step compared, for the error at the end. */
static void compared(struct search *search, const char *step, const char *text)
{
	text_add(&search->compared, "%s%s: %s", search->compared.length ? "; " : "", step, text);
}

static void add_host_names(const struct node *hosts, struct text *ret)
{
	const struct node *host;
	size_t i = 0;

	NODE_FOR_EACH (host, hosts) {
		if (i++ == 8) {
			text_add(ret, " and %zu more", hosts->count - 8);
			return;
		}
		text_add(ret, "%s%s", i > 1 ? ", " : "", host->key);
	}
}

static const char *nearest_host(const struct node *hosts, const char *name)
{
	const struct node *host;

	NODE_FOR_EACH (host, hosts) {
		if (text_is_near(name, host->key))
			return host->key;
	}
	return NULL;
}

static int unknown_host(const struct node *hosts, const char *step, const char *name,
			struct error *err)
{
	const char *near = nearest_host(hosts, name);
	AUTO_TEXT struct text names = { 0 };

	if (near)
		return error_set(err, EADDRNOTAVAIL,
				 "%s: the file has no host \"%s\"; did you mean \"%s\"?", step,
				 name, near);
	add_host_names(hosts, &names);
	return error_set(err, EADDRNOTAVAIL, "%s: the file has no host \"%s\", only %s", step, name,
			 text_get(&names));
}

/* A name that somebody gave; blanks around it do not count. */
static enum outcome by_given_name(struct search *search, const char *step, const char *text,
				  const char **ret)
{
	const char *start = text ? text + strspn(text, " \t\r\n") : "";
	size_t length = strcspn(start, " \t\r\n");
	AUTO_TEXT struct text name = { 0 };
	const struct node *host;

	if (!length) {
		reason(search, step, text ? "empty" : "not given");
		return OUTCOME_NONE;
	}
	text_add_bytes(&name, start, length);
	host = node_find(search->hosts, name.data);
	if (!host) {
		if (unknown_host(search->hosts, step, name.data, search->err))
			reason(search, step, search->err->text);
		return OUTCOME_ERROR;
	}
	*ret = host->key;
	reason(search, step, host->key);
	return OUTCOME_FOUND;
}

static bool has_address(const struct facts *facts, const char *text)
{
	const struct addr_item *items = facts->addresses.items;
	struct addr addr;
	size_t i;

	if (!addr_parse(&addr, text))
		return false;
	for (i = 0; i < facts->addresses.n; i++)
		if (addr_same_host(&items[i].addr, &addr))
			return true;
	return false;
}

static bool has_mac(const struct facts *facts, const char *text)
{
	const struct mac_item *items = facts->macaddresses.items;
	struct mac mac;
	size_t i;

	if (!mac_parse(&mac, text))
		return false;
	for (i = 0; i < facts->macaddresses.n; i++)
		if (mac_equal(&items[i].mac, &mac))
			return true;
	return false;
}

/* Names of machines are the same in any case (RFC 4343). */
static bool has_name(const struct facts *facts, const char *text)
{
	return (facts->hostname && !strcasecmp(facts->hostname, text)) ||
	       (facts->fqdn && !strcasecmp(facts->fqdn, text));
}

static bool has_machine_id(const struct facts *facts, const char *text)
{
	return facts->machine_id && !strcasecmp(facts->machine_id, text);
}

struct criterion {
	const char *key;
	bool (*holds)(const struct facts *facts, const char *text);
};

static const struct criterion criteria[] = {
	{ "hostname", has_name },
	{ "machine-id", has_machine_id },
	{ "macaddress", has_mac },
	{ "address", has_address },
};

/* A text, or one of a list. */
static bool any_holds(const struct criterion *criterion, const struct node *node,
		      const struct facts *facts)
{
	const struct node *child;

	if (node->kind == NODE_SCALAR)
		return criterion->holds(facts, node->text);
	NODE_FOR_EACH (child, node) {
		if (child->kind == NODE_SCALAR && criterion->holds(facts, child->text))
			return true;
	}
	return false;
}

static const struct criterion *find_criterion(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++)
		if (!strcmp(criteria[i].key, key))
			return &criteria[i];
	return NULL;
}

/* All keys must hold; one that we do not know never does, so that a misspelt one matches no machine. */
static bool match_holds(const struct search *search, const struct node *host,
			const struct node *match)
{
	AUTO_TEXT struct text text = { 0 };
	bool holds = match->count > 0;
	const struct node *child;

	text_add(&text, "%s:", host->key);
	NODE_FOR_EACH (child, match) {
		const struct criterion *criterion = find_criterion(child->key);
		bool is_true = criterion && any_holds(criterion, child, search->facts);

		text_add(&text, " %s %s", child->key,
			 is_true     ? "holds"
			 : criterion ? "does not hold"
				     : "is unknown");
		holds &= is_true;
	}
	reason(search, "match", text_get(&text));
	return holds;
}

static bool by_match(const struct search *search, const struct node *host, bool *is_asked)
{
	const struct node *match = node_find(host, "match");

	if (!match || match->kind != NODE_MAP)
		return false;
	*is_asked = true;
	return match_holds(search, host, match);
}

static bool by_name(const struct search *search, const struct node *host, bool *is_asked)
{
	*is_asked = true;
	return has_name(search->facts, host->key);
}

static bool by_address(const struct search *search, const struct node *host, bool *is_asked)
{
	static const struct criterion criterion = { "address", has_address };
	const struct node *address = node_find(host, "address");

	if (node_is_null(address))
		return false;
	*is_asked = true;
	return any_holds(&criterion, address, search->facts);
}

/*
 * Asks every host one question; two that say yes are an error. `machine`: what this machine has to compare, for
 * messages; NULL: it is in the question.
 */
static enum outcome ask_hosts(struct search *search, const char *step, const char *machine,
			      bool (*is_it)(const struct search *search, const struct node *host,
					    bool *is_asked),
			      const char **ret)
{
	const struct node *host, *found = NULL;
	const char *none = machine ? machine : "none holds";
	bool is_asked = false;

	NODE_FOR_EACH (host, search->hosts) {
		if (!is_it(search, host, &is_asked))
			continue;
		if (found) {
			if (error_set(search->err, EADDRNOTAVAIL,
				      "this machine is both %s and %s by %s%s%s: use --host NAME",
				      found->key, host->key, step, machine ? "; " : "",
				      machine ? machine : ""))
				reason(search, step, search->err->text);
			return OUTCOME_ERROR;
		}
		found = host;
	}
	if (!found) {
		none = is_asked ? none : "no host has one";
		reason(search, step, none);
		compared(search, step, none);
		return OUTCOME_NONE;
	}
	reason(search, step, found->key);
	*ret = found->key;
	return OUTCOME_FOUND;
}

static void describe_names(const struct facts *facts, struct text *ret)
{
	if (!facts->hostname && !facts->fqdn)
		text_add(ret, "this machine has no name");
	else
		text_add(ret, "this machine is %s%s%s", facts->hostname ? facts->hostname : "",
			 facts->hostname && facts->fqdn ? ", " : "",
			 facts->fqdn ? facts->fqdn : "");
}

static void describe_addresses(const struct facts *facts, struct text *ret)
{
	const struct addr_item *items = facts->addresses.items;
	char buffer[ADDR_TEXT_MAX];
	size_t i;

	text_add(ret, "this machine has %s", facts->addresses.n ? "" : "no address");
	for (i = 0; i < facts->addresses.n && i < 8; i++)
		text_add(ret, "%s%s", i ? ", " : "", addr_format(&items[i].addr, buffer));
	if (facts->addresses.n > 8)
		text_add(ret, " and %zu more", facts->addresses.n - 8);
}

/* The steps that look at this machine. Offline only its name is known. */
static enum outcome look_around(struct search *search, const char **ret)
{
	AUTO_TEXT struct text names = { 0 };
	AUTO_TEXT struct text addresses = { 0 };
	enum outcome outcome = OUTCOME_NONE;

	if (!search->facts->offline)
		outcome = ask_hosts(search, "match", NULL, by_match, ret);
	if (outcome != OUTCOME_NONE)
		return outcome;
	describe_names(search->facts, &names);
	outcome = ask_hosts(search, "name", text_get(&names), by_name, ret);
	if (outcome != OUTCOME_NONE || search->facts->offline)
		return outcome;
	describe_addresses(search->facts, &addresses);
	return ask_hosts(search, "address", text_get(&addresses), by_address, ret);
}

static enum outcome walk_steps(struct search *search, const struct identity_sources *sources,
			       const char **ret)
{
	enum outcome outcome = by_given_name(search, "--host", sources->flag, ret);

	if (outcome == OUTCOME_NONE)
		outcome = by_given_name(search, "VNETAPPLY_HOST", sources->environment, ret);
	if (outcome == OUTCOME_NONE)
		outcome = by_given_name(search, "/etc/vnetapply/host", sources->host_file, ret);
	if (outcome == OUTCOME_NONE)
		outcome = look_around(search, ret);
	return outcome;
}

static int no_answer(struct search *search)
{
	AUTO_TEXT struct text names = { 0 };

	add_host_names(search->hosts, &names);
	return error_set(search->err, EADDRNOTAVAIL,
			 "this machine is none of the file's hosts (%s): use --host NAME (%s)",
			 text_get(&names), text_get(&search->compared));
}

/* A file without hosts is about the machine it is read on. */
static int without_hosts(const char **ret, const struct identity_sources *sources,
			 struct text *reasoning, struct error *err)
{
	if (sources->flag && sources->flag[0])
		return error_set(err, EADDRNOTAVAIL, "--host %s: the file has no hosts",
				 sources->flag);
	if (reasoning)
		text_add(reasoning, "the file has no hosts: it is about this machine\n");
	*ret = NULL;
	return 0;
}

int identity_resolve(const char **ret, const struct document *document,
		     const struct identity_sources *sources, const struct facts *facts,
		     struct text *reasoning, struct error *err)
{
	struct search search = { .facts = facts, .reasoning = reasoning, .err = err };
	const char *found = NULL;
	enum outcome outcome;

	search.hosts = node_find(document_root(document), "hosts");
	if (!search.hosts || (search.hosts->kind != NODE_MAP && !node_is_null(search.hosts)))
		return without_hosts(ret, sources, reasoning, err);
	if (!search.hosts->count)
		return error_set(err, EADDRNOTAVAIL, "hosts is empty: no machine is meant");
	outcome = walk_steps(&search, sources, &found);
	if (outcome == OUTCOME_NONE) {
		if (no_answer(&search))
			reason(&search, "no answer", "use --host NAME");
		outcome = OUTCOME_ERROR;
	}
	text_free(&search.compared);
	if (outcome == OUTCOME_ERROR)
		return -err->code;
	*ret = found;
	return 0;
}
