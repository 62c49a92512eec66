/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-networkd and NetworkManager: whether they run, and what their configuration says of links and routes that they
 * did not make. Their files are read, they themselves are asked nothing.
 */
#include "backends/surroundings/parts.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define COMM_MAX       15 /* what the kernel keeps of a program's name */
#define LINE_MAX_BYTES 4096

/* ---- processes ---- */

static bool is_named(const char *pid, const char *name)
{
	char path[64], found[64] = "";
	AUTO_FILE FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(found, sizeof(found), file))
		return false;
	found[strcspn(found, "\n")] = '\0';
	return strncmp(found, name, COMM_MAX) == 0 && strlen(found) <= COMM_MAX;
}

/* A namespace that may not be looked at is taken for this one. */
static bool is_here(const char *pid)
{
	struct stat here, there;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	if (stat("/proc/thread-self/ns/net", &here) < 0 || stat(path, &there) < 0)
		return true;
	return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

bool near_has_process(const char *name)
{
	const struct dirent *entry;
	DIR *directory = opendir("/proc");
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = isdigit((unsigned char)entry->d_name[0]) && is_named(entry->d_name, name) &&
			is_here(entry->d_name);
	if (directory)
		closedir(directory);
	return found;
}

/* ---- configuration files ---- */

/* Told of each "key=value" of a section, in order. */
typedef void setting_visit(void *data, const char *key, const char *value);

static void read_settings(const char *path, const char *section, setting_visit *visit, void *data)
{
	AUTO_FILE FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	bool is_inside = false;

	while (file && fgets(line, sizeof(line), file)) {
		char *key = line + strspn(line, " \t"), *value, *end;

		for (end = key + strlen(key); end > key && isspace((unsigned char)end[-1]);)
			*--end = '\0';
		if (*key == '[') {
			is_inside = strlen(key) == strlen(section) + 2 &&
				    strncmp(key + 1, section, strlen(section)) == 0;
			continue;
		}
		value = strchr(key, '=');
		if (!is_inside || !value || *key == '#' || *key == ';')
			continue;
		for (end = value; end > key && isspace((unsigned char)end[-1]);)
			end--;
		*value++ = '\0';
		*end = '\0';
		visit(data, key, value + strspn(value, " \t"));
	}
}

struct drop_in {
	const char *name, *path;
	size_t rank; /* of its directory: a smaller one wins */
};

static int compare_drop_ins(const void *a, const void *b)
{
	const struct drop_in *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->rank < y->rank ? -1 : 1;
}

#define DROP_INS_MAX 256

static size_t list_drop_ins(struct drop_in *ret, size_t n, const char *directory, size_t rank,
			    struct arena *arena)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;

	while (stream && n < DROP_INS_MAX && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 5, ".conf") != 0)
			continue;
		ret[n].name = arena_strdup(arena, entry->d_name);
		ret[n].path = arena_printf(arena, "%s/%s", directory, entry->d_name);
		ret[n++].rank = rank;
	}
	if (stream)
		closedir(stream);
	return n;
}

/*
 * Drop-ins of one name in several directories count once, in the first; all are read sorted by name. That is how both
 * programs do it.
 */
static void read_drop_ins(const char *const *directories, const char *section, setting_visit *visit,
			  void *data, struct arena *arena)
{
	struct drop_in *all = arena_alloc(arena, DROP_INS_MAX * sizeof(*all));
	size_t n = 0, i;

	for (i = 0; directories[i]; i++)
		n = list_drop_ins(all, n, directories[i], i, arena);
	if (n)
		qsort(all, n, sizeof(*all), compare_drop_ins);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(all[i].name, all[i - 1].name) != 0)
			read_settings(all[i].path, section, visit, data);
}

/* ---- systemd-networkd ---- */

static bool is_no(const char *value)
{
	static const char *const words[] = { "no", "n", "false", "f", "off", "0" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

static void take_networkd(void *data, const char *key, const char *value)
{
	struct near_networkd *networkd = data;

	if (!strcmp(key, "ManageForeignRoutes"))
		networkd->keeps_routes = is_no(value);
	if (!strcmp(key, "ManageForeignRoutingPolicyRules"))
		networkd->keeps_rules = is_no(value);
}

/* Its file of a link has no sections. */
static bool is_managed(uint32_t index)
{
	char path[64], line[256];
	AUTO_FILE FILE *file = NULL;

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u", index);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (text_starts_with(line, "ADMIN_STATE="))
			return !text_starts_with(line, "ADMIN_STATE=unmanaged") &&
			       !text_starts_with(line, "ADMIN_STATE=linger");
	return false;
}

static void read_networkd(struct near_networkd *ret, const struct near_place *host,
			  struct arena *arena)
{
	static const char *const directories[] = { "/etc/systemd/networkd.conf.d",
						   "/run/systemd/networkd.conf.d",
						   "/usr/local/lib/systemd/networkd.conf.d",
						   "/usr/lib/systemd/networkd.conf.d", NULL };
	static const char *const main_files[] = { "/etc/systemd/networkd.conf",
						  "/run/systemd/networkd.conf",
						  "/usr/local/lib/systemd/networkd.conf",
						  "/usr/lib/systemd/networkd.conf" };
	size_t i;

	/* Its own directory first: looking through all processes takes longer. */
	ret->is_running =
		access("/run/systemd/netif", F_OK) == 0 && near_has_process("systemd-networkd");
	if (!ret->is_running)
		return;
	for (i = 0; i < sizeof(main_files) / sizeof(main_files[0]); i++)
		if (access(main_files[i], F_OK) == 0) {
			read_settings(main_files[i], "Network", take_networkd, ret);
			break;
		}
	read_drop_ins(directories, "Network", take_networkd, ret, arena);
	for (i = 0; host && i < host->links.n; i++) {
		const struct near_link *link = list_item(&host->links, &record_near_link, i);

		if (link->is_ours && is_managed(link->index))
			((struct string_item *)list_append(&ret->managed, &record_string_item,
							   arena))
				->text = link->name;
	}
}

/* ---- NetworkManager ---- */

struct taking {
	struct list *list;
	struct arena *arena;
};

static void take_unmanaged(void *data, const char *key, const char *value)
{
	const struct taking *taking = data;
	char *copy, *word, *rest = NULL;

	if (!strcmp(key, "unmanaged-devices"))
		*taking->list = (struct list){ 0 };
	else if (strcmp(key, "unmanaged-devices+") != 0)
		return;
	copy = arena_strdup(taking->arena, value);
	for (word = strtok_r(copy, ";, \t", &rest); word; word = strtok_r(NULL, ";, \t", &rest))
		((struct string_item *)list_append(taking->list, &record_string_item,
						   taking->arena))
			->text = word;
}

static void read_network_manager(struct near_network_manager *ret, struct arena *arena)
{
	static const char *const defaults[] = { "/run/NetworkManager/conf.d",
						"/usr/lib/NetworkManager/conf.d", NULL };
	static const char *const own[] = { "/etc/NetworkManager/conf.d", NULL };
	struct taking taking = { &ret->unmanaged, arena };

	ret->is_running =
		access("/run/NetworkManager", F_OK) == 0 && near_has_process("NetworkManager");
	if (!ret->is_running)
		return;
	read_drop_ins(defaults, "keyfile", take_unmanaged, &taking, arena);
	read_settings("/etc/NetworkManager/NetworkManager.conf", "keyfile", take_unmanaged,
		      &taking);
	read_drop_ins(own, "keyfile", take_unmanaged, &taking, arena);
}

void near_read_programs(struct surroundings *ret, const struct near_place *host,
			struct arena *arena)
{
	read_networkd(&ret->networkd, host, arena);
	read_network_manager(&ret->network_manager, arena);
}
