/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a worker: where the program is, its directory, and who looks after it.
 *
 * A transient unit of systemd has its own cgroup, so a oneshot unit that started it may end; it is
 * restarted after a crash. Inside a container or a simulation, where the machine's systemd would look
 * at other namespaces than ours, the worker is a plain daemon.
 */
#include "backends/tunnel/start.h"
#include "backends/tunnel.h"
#include "backends/tunnel/client.h"
#include "backends/spawn.h"
#include "model/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>

#define PATIENCE      5 /* seconds */
#define PROPERTY_SIZE (PATH_MAX + 64)

static bool program_beside(char ret[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return false;
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	if (!slash || (size_t)(slash - ret) + sizeof("/vnettunnel") > PATH_MAX)
		return false;
	memcpy(slash, "/vnettunnel", sizeof("/vnettunnel"));
	return access(ret, X_OK) == 0;
}

int tunnel_program_find(char *ret, struct error *err)
{
	static const char *const places[] = {
		LIBEXECDIR "/vnetapply/vnettunnel",
		"/usr/local/sbin/vnettunnel",
		"/usr/sbin/vnettunnel",
		"/sbin/vnettunnel",
	};

	if (program_beside(ret))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (access(places[i], X_OK) != 0)
			continue;
		snprintf(ret, PATH_MAX, "%s", places[i]);
		return 0;
	}
	return error_set(err, ENOENT,
			 "the program vnettunnel is neither beside this one nor in %s/vnetapply",
			 LIBEXECDIR);
}

static int program_find(const struct worker_start *start, char ret[PATH_MAX], struct error *err)
{
	if (!start->program)
		return tunnel_program_find(ret, err);
	snprintf(ret, PATH_MAX, "%s", start->program);
	return 0;
}

/* Only its owner may put sockets there, or a worker could be impersonated. */
static int directory_check(const char *path, struct error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_set(err, ENOTDIR, "%s: not a directory", path);
	if ((status.st_uid != geteuid() && status.st_uid != 0) || status.st_mode & 022)
		return error_set(err, EPERM, "%s: others may write to it", path);
	return 0;
}

static int directory_make(const char *control, struct error *err)
{
	char path[PATH_MAX];
	char *slash, *above;

	snprintf(path, sizeof(path), "%s", control);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return error_set(err, EINVAL, "%s: expected an absolute path below a directory",
				 control);
	*slash = '\0';
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return directory_check(path, err);
	above = strrchr(path, '/');
	if (errno == ENOENT && above && above != path) {
		*above = '\0';
		(void)mkdir(path, 0700);
		*above = '/';
		if (mkdir(path, 0700) == 0)
			return 0;
	}
	return error_set(err, errno, "%s: %s", path, strerror(errno));
}

static int connect_patiently(const char *control, int *ret, struct error *err)
{
	struct timespec pause = { .tv_nsec = 2000000 };
	long waited = 0;
	int fd = -1, r;

	while (waited < PATIENCE * 1000000000L) {
		r = worker_find(control, &fd, err);
		if (r < 0)
			return r;
		if (fd >= 0) {
			*ret = fd;
			return 0;
		}
		nanosleep(&pause, NULL);
		waited += pause.tv_nsec;
		if (pause.tv_nsec < 100000000)
			pause.tv_nsec *= 2;
	}
	return error_set(err, ETIMEDOUT, "the worker does not answer at %s after %d s", control,
			 PATIENCE);
}

static int start_unit(const struct worker_start *start, const char *program, struct error *err)
{
	char unit[NAME_MAX + 16], description[NAME_MAX + 32], netns[PROPERTY_SIZE];
	const char *stop[] = { "systemctl", "--quiet", "stop", start->unit, NULL };
	const char *run[32] = { "systemd-run", "--quiet", "--collect", unit, description };
	struct error ignored;
	size_t n = 5;

	snprintf(unit, sizeof(unit), "--unit=%s", start->unit);
	snprintf(description, sizeof(description), "--description=vnettunnel %s", start->name);
	run[n++] = "--property=Type=exec";
	run[n++] = "--property=Restart=on-failure";
	run[n++] = "--property=RestartSec=200ms";
	if (start->netns) {
		snprintf(netns, sizeof(netns), "--property=NetworkNamespacePath=%s", start->netns);
		run[n++] = netns;
	}
	run[n++] = "--";
	run[n++] = program;
	run[n++] = "--control";
	run[n++] = start->control;
	run[n++] = "--name";
	run[n++] = start->name;
	/* A worker that died may be waiting for its restart under this name. */
	(void)spawn_wait(stop, &ignored);
	return spawn_wait(run, err);
}

static int start_daemon(const struct worker_start *start, const char *program, struct error *err)
{
	const char *argv[] = { program, "--control", start->control, "--name", start->name, NULL };
	char log[PATH_MAX];

	if (worker_file_name(start->control, ".log", log, sizeof(log)) < 0)
		return error_set(err, ENAMETOOLONG, "%s: name too long", start->control);
	return spawn_daemon(argv, start->netns, log, PATIENCE, err);
}

int worker_start(const struct worker_start *start, int *ret, struct error *err)
{
	char program[PATH_MAX], stored[PATH_MAX];
	int r = program_find(start, program, err);

	if (r == 0)
		r = directory_make(start->control, err);
	if (r < 0)
		return r;
	if (worker_file_name(start->control, ".conf", stored, sizeof(stored)) == 0)
		unlink(stored);
	if (spawn_has_systemd())
		r = start_unit(start, program, err);
	else
		r = start_daemon(start, program, err);
	if (r == 0)
		r = connect_patiently(start->control, ret, err);
	if (r < 0)
		error_add_context(err, "start vnettunnel");
	return r;
}
