/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts hides the host's own file (that is what `ip netns exec` does with it), so it begins with the entries that every
 * program expects.
 *
 * Where the host asks systemd-resolved first (nss-resolve), that answers through a socket in /run, from the host's
 * network and for good: the namespace's name servers would never be asked. Then nsswitch.conf is written too, the host's
 * own without that step.
 */
#include "backends/resolver/files.h"

#include "model/cleanup.h"

#include <string.h>

#define MARK "# vnetapply "

static const char *const names[RESOLVER_FILES] = {
	[RESOLVER_HOSTS] = "hosts",
	[RESOLVER_RESOLV] = "resolv.conf",
	[RESOLVER_NSSWITCH] = "nsswitch.conf",
};

static const char standard_hosts[] = "127.0.0.1\tlocalhost\n"
				     "::1\tlocalhost ip6-localhost ip6-loopback\n"
				     "ff02::1\tip6-allnodes\n"
				     "ff02::2\tip6-allrouters\n";

const char *resolver_file_name(enum resolver_file file)
{
	return names[file];
}

bool resolver_is_marked(const char *text, const char *topology)
{
	size_t length = strlen(topology);

	return text_starts_with(text, MARK) &&
	       strncmp(text + strlen(MARK), topology, length) == 0 &&
	       text[strlen(MARK) + length] == ':';
}

static void add_hosts(const struct resolver *resolver, struct text *ret)
{
	const struct extra_host *hosts = resolver->extra_hosts.items;
	char buffer[ADDR_TEXT_MAX];
	size_t i;

	text_add(ret, "%s", standard_hosts);
	for (i = 0; i < resolver->extra_hosts.n; i++)
		text_add(ret, "%s\t%s\n", addr_format(&hosts[i].address, buffer),
			 hosts[i].item.name);
}

static void add_nameservers(const struct resolver *resolver, struct text *ret)
{
	const struct addr_item *servers = resolver->nameservers.items;
	char buffer[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < resolver->nameservers.n; i++)
		text_add(ret, "nameserver %s\n", addr_format(&servers[i].addr, buffer));
}

/* The next word of a line, at *at; its length in *length; NULL at the end or at a comment. */
static const char *next_word(const char **at, size_t *length)
{
	const char *start = *at + strspn(*at, " \t");

	if (!*start || *start == '\n' || *start == '#')
		return NULL;
	if (*start == '[') { /* an action, blanks and all */
		*length = strcspn(start, "]\n");
		*length += start[*length] == ']';
	} else {
		*length = strcspn(start, " \t\n#[");
	}
	*at = start + *length;
	return start;
}

static bool word_is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && strncmp(word, text, length) == 0;
}

/* The words after "hosts:", without resolve and its actions, with dns in its place if that is missing. */
static void add_hosts_line(const char *line, struct text *ret)
{
	const char *at = line, *word;
	bool dropped = false, has_dns = false;
	size_t length;

	text_add(ret, "hosts:");
	while ((word = next_word(&at, &length))) {
		if (*word != '[')
			dropped = word_is(word, length, "resolve");
		has_dns = has_dns || word_is(word, length, "dns");
		if (!dropped)
			text_add(ret, " %.*s", (int)length, word);
	}
	text_add(ret, has_dns ? "\n" : " dns\n");
}

static bool asks_resolved(const char *line)
{
	const char *word;
	size_t length;

	while ((word = next_word(&line, &length)))
		if (word_is(word, length, "resolve"))
			return true;
	return false;
}

/* After "hosts:" in nsswitch.conf; NULL: it is not in this line. */
static const char *hosts_line(const char *line)
{
	line += strspn(line, " \t");
	return text_starts_with(line, "hosts:") ? line + strlen("hosts:") : NULL;
}

static bool needs_nsswitch(const char *nsswitch)
{
	const char *line, *hosts;

	for (line = nsswitch; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		hosts = hosts_line(line);
		if (hosts && asks_resolved(hosts))
			return true;
	}
	return false;
}

static void add_nsswitch(const char *nsswitch, struct text *ret)
{
	const char *line, *end;

	for (line = nsswitch; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (hosts_line(line))
			add_hosts_line(hosts_line(line), ret);
		else
			text_add(ret, "%.*s\n", (int)(end - line), line);
	}
}

static bool is_needed(enum resolver_file file, const struct resolver *resolver,
		      const char *nsswitch)
{
	switch (file) {
	case RESOLVER_HOSTS:
		return resolver->extra_hosts.n > 0;
	case RESOLVER_RESOLV:
		return resolver->nameservers.n > 0;
	case RESOLVER_NSSWITCH:
		return resolver->nameservers.n > 0 && needs_nsswitch(nsswitch);
	case RESOLVER_FILES:
		break;
	}
	return false;
}

void resolver_write(enum resolver_file file, const struct resolver *resolver, const char *topology,
		    const char *name, const char *nsswitch, struct text *ret)
{
	if (!is_needed(file, resolver, nsswitch))
		return;
	text_add(ret, MARK "%s: namespace %s; do not edit, it is written anew\n", topology, name);
	if (file == RESOLVER_HOSTS)
		add_hosts(resolver, ret);
	else if (file == RESOLVER_RESOLV)
		add_nameservers(resolver, ret);
	else
		add_nsswitch(nsswitch, ret);
}

static void read_host(char *line, struct resolver *ret, struct arena *arena)
{
	char *name = line + strcspn(line, " \t");
	struct extra_host *host;
	struct addr address;

	if (!*name)
		return;
	*name++ = '\0';
	name += strspn(name, " \t");
	name[strcspn(name, " \t")] = '\0';
	if (!addr_parse(&address, line) || !*name)
		return;
	host = list_append(&ret->extra_hosts, &record_extra_host, arena);
	host->item.name = name;
	host->address = address;
}

static void read_nameserver(char *line, struct resolver *ret, struct arena *arena)
{
	struct addr_item *server;
	struct addr address;

	if (!text_starts_with(line, "nameserver "))
		return;
	line += strlen("nameserver ");
	line[strcspn(line, " \t")] = '\0';
	if (!addr_parse(&address, line))
		return;
	server = list_append(&ret->nameservers, &record_addr_item, arena);
	server->addr = address;
}

void resolver_read(enum resolver_file file, const char *text, struct resolver *ret,
		   struct arena *arena)
{
	char *line;

	text += strcspn(text, "\n");
	text += *text == '\n'; /* the mark */
	if (text_starts_with(text, standard_hosts))
		text += strlen(standard_hosts);
	line = arena_strdup(arena, text);
	while (*line) {
		char *end = line + strcspn(line, "\n");

		if (*end)
			*end++ = '\0';
		if (file == RESOLVER_HOSTS && *line != '#')
			read_host(line, ret, arena);
		else if (file == RESOLVER_RESOLV)
			read_nameserver(line, ret, arena);
		line = end;
	}
}
