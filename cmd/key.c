/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key: key pairs of encrypted tunnels. The worker's program does it, which alone knows the cryptography. */
#include "cmd/commands.h"

#include "cmd/status.h"

#include "backends/tunnel.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

/* Without a name, the one that this machine has. */
static int key_path(const struct options *options, char ret[TUNNEL_KEY_PATH_MAX])
{
	char name[HOST_NAME_MAX + 1] = "";
	const char *text = options->n_arguments ? options->arguments[0] : name;

	if (!options->n_arguments) {
		(void)gethostname(name, sizeof(name) - 1);
		name[strcspn(name, ".")] = '\0';
	}
	if (*text && tunnel_key_path(text, ret))
		return 0;
	return usage_error(options->command->name,
			   "expected an absolute path, or a name in %s, not \"%s\"",
			   TUNNEL_KEY_DIRECTORY, text);
}

/* The directory for names is made when it is first needed. */
static int make_directory(const char *path)
{
	if (strncmp(path, TUNNEL_KEY_DIRECTORY "/", sizeof(TUNNEL_KEY_DIRECTORY)) != 0)
		return 0;
	(void)mkdir("/etc/vnetapply", 0755);
	if (mkdir(TUNNEL_KEY_DIRECTORY, 0700) == 0 || errno == EEXIST)
		return 0;
	fprintf(stderr, "vnetapply: %s: %s\n", TUNNEL_KEY_DIRECTORY, strerror(errno));
	return errno == EACCES ? STATUS_NOT_PERMITTED : STATUS_FAILED;
}

static int key_run(const struct options *options, const char *action)
{
	char program[PATH_MAX], path[TUNNEL_KEY_PATH_MAX];
	struct error err = { 0 };
	int r = key_path(options, path);

	if (!r && strcmp(action, "new") == 0)
		r = make_directory(path);
	if (r)
		return r;
	if (tunnel_program_find(program, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	execl(program, "vnettunnel", "key", action, path, (char *)NULL);
	fprintf(stderr, "vnetapply: %s: %s\n", program, strerror(errno));
	return STATUS_UNAVAILABLE;
}

int cmd_key_new(const struct options *options)
{
	return key_run(options, "new");
}

int cmd_key_public(const struct options *options)
{
	return key_run(options, "public");
}
