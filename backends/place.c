/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry per open namespace, in a hash table. Descriptors are kept until the end: two per namespace, which
 * is why the soft limit is raised to the hard one.
 */
#include "backends/place.h"

#include "backends/request.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OWN_NAMESPACE "/proc/thread-self/ns/net"
#define BUCKETS	      1024

struct place {
	struct place *next;
	int fd;
	struct nl_sock *socket; /* NULL: not asked for yet */
	char name[];
};

struct places {
	struct place *buckets[BUCKETS];
	struct place *home;
};

static struct place **find(struct places *places, const char *name)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	struct place **at;
	const char *c;

	for (c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	for (at = &places->buckets[hash % BUCKETS]; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			break;
	return at;
}

/* Takes fd, on failure too. */
static int add(struct places *places, const char *name, int fd, struct place **ret,
	       struct error *err)
{
	size_t length = strlen(name) + 1;
	struct place *place = malloc(sizeof(*place) + length);

	if (!place) {
		close(fd);
		return error_set(err, ENOMEM, "out of memory");
	}
	*place = (struct place){ .fd = fd };
	memcpy(place->name, name, length);
	*find(places, name) = place;
	*ret = place;
	return 0;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int open_own(struct error *err)
{
	int fd = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, errno, "%s: %s", OWN_NAMESPACE, strerror(errno));
	return fd;
}

int places_open(struct places **ret, struct error *err)
{
	struct places *places = calloc(1, sizeof(*places));
	int fd, r;

	if (!places)
		return error_set(err, ENOMEM, "out of memory");
	raise_limit();
	fd = open_own(err);
	r = fd < 0 ? fd : add(places, "", fd, &places->home, err);
	if (r < 0) {
		places_close(places);
		return r;
	}
	*ret = places;
	return 0;
}

static void place_free(struct place *place)
{
	request_close(place->socket);
	close(place->fd);
	free(place);
}

void places_close(struct places *places)
{
	size_t i;

	if (!places)
		return;
	for (i = 0; i < BUCKETS; i++) {
		while (places->buckets[i]) {
			struct place *place = places->buckets[i];

			places->buckets[i] = place->next;
			place_free(place);
		}
	}
	free(places);
}

/*
 * The file is there before the namespace is mounted on it (ip-netns does the same), and setns on a plain file
 * gives EINVAL only: hence the look at the file system.
 */
static int open_named(const char *name, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	char path[4096];
	struct statfs fs;

	if (snprintf(path, sizeof(path), "%s/%s", NETNS_DIRECTORY, name) >= (int)sizeof(path))
		return error_set(err, ENAMETOOLONG, "namespace %s: name too long", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* it may be a pipe */
	if (fd < 0)
		return error_set(err, errno, "namespace %s: %s", name,
				 errno == ENOENT ? "there is none" : strerror(errno));
	if (fstatfs(fd, &fs) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	if (fs.f_type != NSFS_MAGIC)
		return error_set(err, ENOENT, "namespace %s: %s is a plain file", name, path);
	return TAKE(fd);
}

static int get(struct places *places, const char *name, struct place **ret, struct error *err)
{
	int fd;

	*ret = *find(places, name);
	if (*ret)
		return 0;
	fd = open_named(name, err);
	return fd < 0 ? fd : add(places, name, fd, ret, err);
}

int place_fd(struct places *places, const char *place, struct error *err)
{
	struct place *entry;
	int r = get(places, place, &entry, err);

	return r < 0 ? r : entry->fd;
}

int place_socket(struct places *places, const char *place, struct nl_sock **ret, struct error *err)
{
	struct place *entry;
	int r = get(places, place, &entry, err);

	if (r < 0)
		return r;
	if (!entry->socket) {
		r = place_enter(places, place, err);
		if (r < 0)
			return r;
		r = request_open(&entry->socket, err);
		place_leave(places);
	}
	*ret = entry->socket;
	return r;
}

void place_forget(struct places *places, const char *place)
{
	struct place **at = find(places, place), *gone = *at;

	if (!gone || gone == places->home)
		return;
	*at = gone->next;
	place_free(gone);
}

bool place_is_there(struct places *places, const char *place)
{
	const struct place *entry = *find(places, place);
	struct error ignored;
	struct stat held, named;
	AUTO_CLOSE int fd = -1;

	if (!entry || entry == places->home)
		return entry != NULL;
	fd = open_named(place, &ignored);
	return fd >= 0 && fstat(entry->fd, &held) == 0 && fstat(fd, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

int place_identity(struct places *places, const char *place, dev_t *device, ino_t *inode,
		   struct error *err)
{
	int fd = place_fd(places, place, err);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return error_set(err, errno, "namespace %s: %s", place, strerror(errno));
	*device = status.st_dev;
	*inode = status.st_ino;
	return 0;
}

int place_enter(struct places *places, const char *place, struct error *err)
{
	int fd = place_fd(places, place, err);

	if (fd < 0)
		return fd;
	if (fd != places->home->fd && setns(fd, CLONE_NEWNET) < 0)
		return error_set(err, errno, "cannot enter namespace %s: %s%s", place,
				 strerror(errno), errno == EPERM ? " (needs CAP_SYS_ADMIN)" : "");
	return 0;
}

int place_enter_new(struct places *places, struct error *err)
{
	(void)places;
	if (unshare(CLONE_NEWNET) < 0)
		return error_set(err, errno, "cannot make a network namespace: %s%s",
				 strerror(errno),
				 errno == EPERM	   ? " (needs CAP_SYS_ADMIN)"
				 : errno == ENOSPC ? " (see user.max_net_namespaces of sysctl)"
						   : "");
	return 0;
}

int place_keep(struct places *places, const char *place, struct error *err)
{
	struct place *entry = NULL;
	int fd, r;

	place_forget(places, place);
	fd = open_own(err);
	if (fd < 0)
		return fd;
	r = add(places, place, fd, &entry, err);
	if (r < 0)
		return r;
	r = request_open(&entry->socket, err);
	if (r < 0)
		place_forget(places, place);
	return r;
}

/* To go on in a namespace that is not ours would be to change it: better to end here. */
void place_leave(struct places *places)
{
	if (setns(places->home->fd, CLONE_NEWNET) < 0)
		abort();
}
