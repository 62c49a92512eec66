/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading, writing and listing keys. Nothing here knows of records or places. */
#include "backends/sysctl/value.h"

#include "model/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define ROOT	    "/proc/sys/"
#define VALUE_MAX   4096
#define SUGGEST_MAX 3

bool value_path_is_valid(const char *path)
{
	const char *part = path;

	if (!text_starts_with(path, "net/") || strlen(path) + sizeof(ROOT) > PATH_MAX)
		return false;
	for (;;) {
		size_t length = strcspn(part, "/");

		if (length == 0 ||
		    (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
			return false;
		if (!part[length])
			return true;
		part += length + 1;
	}
}

void value_normalize(char *value)
{
	char *to = value;
	const char *from;

	for (from = value + strspn(value, " \t\n"); *from; from++) {
		if (!strchr(" \t\n", *from))
			*to++ = *from;
		else if (!strchr(" \t\n", from[1])) /* strchr() finds the end, too */
			*to++ = ' ';
	}
	*to = '\0';
}

/* The names beside a missing one that look like it: ", is it a, b?". */
static void add_near_names(struct text *text, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char parent[PATH_MAX];
	const struct dirent *entry;
	unsigned n = 0;
	DIR *directory;

	snprintf(parent, sizeof(parent), ROOT "%.*s", (int)(name - path), path);
	directory = opendir(parent);
	while (directory && n < SUGGEST_MAX && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && text_is_near(name, entry->d_name))
			text_add(text, "%s%s", n++ ? ", " : "; near it: ", entry->d_name);
	if (directory)
		closedir(directory);
}

static int open_key(const char *path, int flags, int *ret, struct error *err)
{
	AUTO_TEXT struct text near_names = { 0 };
	char full[PATH_MAX];
	int fd;

	if (!value_path_is_valid(path))
		return error_set(err, EINVAL, "only keys of net can be set in a place");
	snprintf(full, sizeof(full), ROOT "%s", path);
	fd = open(full, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	if (errno == ENOENT || errno == ENOTDIR) {
		add_near_names(&near_names, path);
		return error_set(err, ENOENT, "the kernel has no such key here%s",
				 text_get(&near_names));
	}
	if (errno == EACCES || errno == EPERM)
		return error_set(err, errno,
				 "not permitted: some keys can be written in the first network "
				 "namespace only, or by root of the machine only");
	if (errno == EROFS)
		return error_set(err, EROFS, "/proc/sys is mounted read-only");
	return error_set(err, errno, "%s", strerror(errno));
}

int value_read(const char *path, struct text *ret, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char value[VALUE_MAX];
	ssize_t n;
	int r = open_key(path, O_RDONLY, &fd, err);

	if (r < 0)
		return r;
	n = read(fd, value, sizeof(value) - 1);
	if (n < 0)
		return error_set(err, errno, "%s", strerror(errno));
	value[n] = '\0';
	value_normalize(value);
	text_add(ret, "%s", value);
	return 0;
}

int value_write(const char *path, const char *value, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	int r = open_key(path, O_WRONLY, &fd, err);

	if (r < 0)
		return r;
	if (write(fd, value, strlen(value)) < 0)
		return error_set(err, errno, "write '%s': %s", value, strerror(errno));
	return 0;
}

/* What stands around the interface's name in the keys that follow `path`. False: none does. */
static bool find_followers(const char *path, const char **before, const char **after)
{
	/* devinet_sysctl_forward() of net/ipv4/devinet.c; addrconf_fixup_forwarding() and
	 * addrconf_disable_ipv6() of net/ipv6/addrconf.c. */
	static const struct {
		const char *path, *before, *after;
	} spreading[] = {
		{ "net/ipv4/ip_forward", "net/ipv4/conf/", "/forwarding" },
		{ "net/ipv4/conf/all/forwarding", "net/ipv4/conf/", "/forwarding" },
		{ "net/ipv6/conf/all/forwarding", "net/ipv6/conf/", "/forwarding" },
		{ "net/ipv6/conf/all/disable_ipv6", "net/ipv6/conf/", "/disable_ipv6" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spreading); i++)
		if (strcmp(path, spreading[i].path) == 0) {
			*before = spreading[i].before;
			*after = spreading[i].after;
			return true;
		}
	return false;
}

bool value_is_spread(const char *from, const char *path)
{
	const char *before, *after, *slash = strrchr(path, '/');

	return find_followers(from, &before, &after) && strcmp(from, path) != 0 &&
	       text_starts_with(path, before) && slash && strcmp(slash, after) == 0;
}

unsigned value_ifindex(const char *path)
{
	static const char *const parents[] = { "net/ipv4/conf/", "net/ipv6/conf/",
					       "net/ipv4/neigh/", "net/ipv6/neigh/" };
	char name[IF_NAMESIZE];
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(parents); i++) {
		if (!text_starts_with(path, parents[i]))
			continue;
		path += strlen(parents[i]);
		length = strcspn(path, "/");
		if (length >= sizeof(name))
			return 0;
		memcpy(name, path, length);
		name[length] = '\0';
		return if_nametoindex(name);
	}
	return 0;
}

int value_each_spread(const char *path,
		      int (*each)(void *data, const char *path, struct error *err), void *data,
		      struct error *err)
{
	const char *before, *after;
	const struct dirent *entry;
	char name[PATH_MAX];
	DIR *directory;
	int r = 0;

	if (!find_followers(path, &before, &after))
		return 0;
	snprintf(name, sizeof(name), ROOT "%s", before);
	directory = opendir(name);
	if (!directory)
		return error_set(err, errno, "%s: %s", name, strerror(errno));
	while (r >= 0 && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", before, entry->d_name, after);
		r = each(data, name, err);
	}
	closedir(directory);
	return r < 0 ? r : 0;
}
