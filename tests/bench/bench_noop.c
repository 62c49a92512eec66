/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_noop dumps [NAMESPACE...]        the bare netlink dumps that a run without changes needs: links, addresses
 *                                        and routes of the host and of each namespace, and the list of nft tables
 * bench_noop time ROUNDS NAME CMD... [-- NAME CMD...]...
 *                                        runs the commands in turn, ROUNDS times each after one that does not count;
 *                                        per command: median, minimum and maximum of wall milliseconds from
 *                                        start to exit, and the largest resident set in kilobytes
 */
#include "model/cleanup.h"

#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 8
#define ROUNDS_MAX   1000

static void dump(int family, uint16_t type, const void *header, size_t size)
{
	static char buffer[1 << 16];
	AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	struct nlmsghdr request = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
				    .nlmsg_type = type,
				    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP };
	char message[NLMSG_LENGTH(64)];
	const struct nlmsghdr *answer;
	ssize_t n;

	memcpy(message, &request, sizeof(request));
	memcpy(message + NLMSG_HDRLEN, header, size);
	if (fd < 0 || send(fd, message, request.nlmsg_len, 0) < 0)
		exit(1);
	for (;;) {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n <= 0)
			exit(1);
		for (answer = (const void *)buffer; NLMSG_OK(answer, n);
		     answer = (const void *)((const char *)answer + NLMSG_ALIGN(answer->nlmsg_len)))
			if (answer->nlmsg_type == NLMSG_DONE || answer->nlmsg_type == NLMSG_ERROR)
				return;
	}
}

static void dump_place(void)
{
	const struct ifinfomsg link = { 0 };
	const struct ifaddrmsg address = { 0 };
	const struct rtmsg route = { 0 };
	const struct nfgenmsg tables = { 0 };

	dump(NETLINK_ROUTE, RTM_GETLINK, &link, sizeof(link));
	dump(NETLINK_ROUTE, RTM_GETADDR, &address, sizeof(address));
	dump(NETLINK_ROUTE, RTM_GETROUTE, &route, sizeof(route));
	dump(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, &tables,
	     sizeof(tables));
}

static int dumps(char *const *namespaces)
{
	char path[256];

	dump_place();
	for (; *namespaces; namespaces++) {
		snprintf(path, sizeof(path), "/run/netns/%s", *namespaces);
		AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
			return 1;
		dump_place();
	}
	return 0;
}

struct command {
	const char *name;
	char **argv;
	double ms[ROUNDS_MAX];
	long kilobytes;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Its output goes nowhere. */
static double run(struct command *command)
{
	AUTO_CLOSE int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double start = now_ms();
	struct rusage usage;
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		dup2(null, STDOUT_FILENO);
		execvp(command->argv[0], command->argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || status != 0) {
		fprintf(stderr, "%s failed\n", command->name);
		exit(1);
	}
	if (usage.ru_maxrss > command->kilobytes)
		command->kilobytes = usage.ru_maxrss;
	return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int time_all(int rounds, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int n = 0, i, round;

	for (; *argv && n < COMMANDS_MAX; n++) {
		commands[n].name = *argv++;
		commands[n].argv = argv;
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	for (round = -1; round < rounds; round++)
		for (i = 0; i < n; i++) {
			double ms = run(&commands[i]);

			if (round >= 0)
				commands[i].ms[round] = ms;
		}
	for (i = 0; i < n; i++) {
		qsort(commands[i].ms, (size_t)rounds, sizeof(double), compare);
		printf("%s\t%.2f\t%.2f\t%.2f\t%ld\n", commands[i].name, commands[i].ms[rounds / 2],
		       commands[i].ms[0], commands[i].ms[rounds - 1], commands[i].kilobytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc >= 2 && !strcmp(argv[1], "dumps"))
		return dumps(argv + 2);
	rounds = argc >= 5 && !strcmp(argv[1], "time") ? atoi(argv[2]) : 0;
	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 64;
	return time_all(rounds, argv + 3);
}
