/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into vnetapply by LD_PRELOAD, in tests alone: counts the requests that change something, and makes one of
 * them fail or the process end there. What only reads is not counted: rtnetlink's GETs, nft listings, opening to read.
 *
 *   VNET_SHIM_LOG=FILE          a line "K KIND DETAIL" for each request
 *   VNET_SHIM_FAIL_AT=K         the K-th request is not carried out, and fails
 *   VNET_SHIM_FAIL_COUNT=N      and so do the N - 1 that follow (1)
 *   VNET_SHIM_ERRNO=NUMBER      with this error, instead of one that fits the kind
 *   VNET_SHIM_KILL_BEFORE=K     SIGKILL instead of the K-th request
 *   VNET_SHIM_KILL_AFTER=K      SIGKILL after it
 *   VNET_SHIM_STACKS=1          and at the end of that line "@HASH", of the calls that led to it (the log alone)
 *   VNET_SHIM_AFTER=COMMAND     a shell runs this after each request, in the namespaces that it is made from
 *
 * Scratch namespaces are no exception: what is done in them is counted too. setns is not: it changes nothing but the
 * process. Each rtnetlink message is a request of its own, also among others in one datagram, and fails by the kernel's
 * answer to it alone; an nft transaction is one. Children count on, until they execute a program.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MESSAGE_NONE 0x3ffc /* no handler: refused without being looked at (rtnetlink_rcv_msg) */
#define PARTS_MAX    64
#define STACK_MAX    64

struct order {
	long fail_at, fail_count, kill_before, kill_after;
	int error;
	const char *after;
};

static struct order orders;
static long *count; /* shared with children; NULL: this process is not watched */
static pid_t watched;
static int log_fd = -1;
static bool stacks;
static struct {
	uint32_t seq;
	int error;
} refused; /* the message whose answer is to be changed */

#define REAL(name)                                                                                 \
	__extension__({                                                                            \
		static __typeof__(&name) real_;                                                    \
		if (!real_)                                                                        \
			real_ = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name);             \
		real_;                                                                             \
	})

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void shim_start(void)
{
	const char *log = getenv("VNET_SHIM_LOG");

	if (strcmp(program_invocation_short_name, "vnetapply") != 0)
		return;
	unsetenv("LD_PRELOAD"); /* the worker is not watched */
	orders = (struct order){
		.fail_at = number("VNET_SHIM_FAIL_AT", 0),
		.fail_count = number("VNET_SHIM_FAIL_COUNT", 1),
		.kill_before = number("VNET_SHIM_KILL_BEFORE", 0),
		.kill_after = number("VNET_SHIM_KILL_AFTER", 0),
		.error = (int)number("VNET_SHIM_ERRNO", 0),
		.after = getenv("VNET_SHIM_AFTER"),
	};
	if (log)
		log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	stacks = number("VNET_SHIM_STACKS", 0) != 0;
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	watched = getpid();
	if (count == MAP_FAILED)
		abort();
}

/* A child ends with the process that is watched: both were one program. */
static void end(void)
{
	kill(watched, SIGKILL);
	kill(getpid(), SIGKILL);
}

/* Of the return addresses, each within its library: where they are loaded differs from run to run. */
static uint32_t hash_of_stack(void)
{
	void *frames[STACK_MAX];
	int n = backtrace(frames, STACK_MAX), i;
	uint32_t hash = 2166136261U; /* FNV-1a */
	Dl_info info;

	for (i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)frames[i];

		if (dladdr(frames[i], &info))
			at -= (uintptr_t)info.dli_fbase;
		hash = (hash ^ (uint32_t)at) * 16777619U;
	}
	return hash;
}

static void write_log(long k, const char *kind, const char *detail)
{
	char line[512], hash[16] = "";
	int n;

	if (log_fd < 0)
		return;
	if (stacks)
		snprintf(hash, sizeof(hash), " @%08x", hash_of_stack());
	n = snprintf(line, sizeof(line), "%ld %s %.400s%s\n", k, kind, detail ? detail : "", hash);
	(void)!REAL(write)(log_fd, line, (size_t)n);
}

/* 0, or the error that the request about to be made has to fail with. */
static int before(const char *kind, const char *detail, int error)
{
	long k;

	if (!count)
		return 0;
	k = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
	write_log(k, kind, detail);
	if (k == orders.kill_before)
		end();
	if (!orders.fail_at || k < orders.fail_at || k >= orders.fail_at + orders.fail_count)
		return 0;
	return orders.error ? orders.error : error;
}

static void after(void)
{
	int saved = errno;

	if (count && orders.kill_after && *count >= orders.kill_after)
		end();
	if (count && orders.after)
		(void)!system(orders.after);
	errno = saved;
}

/* A request that is one call: RESULT of it, or -1. */
#define REQUEST(kind, detail, error, call)                                                         \
	__extension__({                                                                            \
		int failing_ = before((kind), (detail), (error));                                  \
		long result_ = -1;                                                                 \
		if (failing_)                                                                      \
			errno = failing_;                                                          \
		else                                                                               \
			result_ = (long)(call);                                                    \
		after();                                                                           \
		result_;                                                                           \
	})

/* ---- netlink ---- */

static int socket_option(int fd, int option)
{
	socklen_t size = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static bool route_changes(const struct nlmsghdr *message)
{
	return message->nlmsg_type >= RTM_BASE && (message->nlmsg_type & 3) != 2; /* 2: GET */
}

static bool nft_changes(const struct nlmsghdr *message)
{
	switch (message->nlmsg_type & 0xff) {
	case NFT_MSG_GETTABLE:
	case NFT_MSG_GETCHAIN:
	case NFT_MSG_GETRULE:
	case NFT_MSG_GETSET:
	case NFT_MSG_GETSETELEM:
	case NFT_MSG_GETGEN:
	case NFT_MSG_GETOBJ:
	case NFT_MSG_GETFLOWTABLE:
		return false;
	}
	return message->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES;
}

/* Every message of ours is a part of its own: request.c builds datagrams that way. */
static ssize_t send_route(int fd, const struct msghdr *datagram, int flags)
{
	struct nlmsghdr changed[PARTS_MAX];
	struct iovec parts[2 * PARTS_MAX];
	struct msghdr copy = *datagram;
	size_t i, n = 0, k = 0;
	ssize_t sent;

	if (datagram->msg_iovlen > PARTS_MAX)
		abort();
	for (i = 0; i < datagram->msg_iovlen; i++) {
		struct nlmsghdr *message = datagram->msg_iov[i].iov_base;
		char detail[64];
		int error = 0;

		snprintf(detail, sizeof(detail), "type %u", message->nlmsg_type);
		if (route_changes(message))
			error = before("rtnetlink", detail, ENOMEM);
		parts[n++] = datagram->msg_iov[i];
		if (!error)
			continue;
		changed[k] = *message;
		changed[k].nlmsg_type = MESSAGE_NONE;
		parts[n - 1] = (struct iovec){ &changed[k++], sizeof(*message) };
		parts[n++] = (struct iovec){ message + 1,
					     datagram->msg_iov[i].iov_len - sizeof(*message) };
		refused.seq = message->nlmsg_seq;
		refused.error = error;
	}
	copy.msg_iov = parts;
	copy.msg_iovlen = n;
	sent = REAL(sendmsg)(fd, &copy, flags);
	after();
	return sent;
}

static ssize_t send_nft(int fd, const struct msghdr *datagram, int flags)
{
	bool changes = false;
	size_t i;

	for (i = 0; i < datagram->msg_iovlen; i++) {
		const char *at = datagram->msg_iov[i].iov_base;
		const char *stop = at + datagram->msg_iov[i].iov_len;

		while (at + sizeof(struct nlmsghdr) <= stop) {
			const struct nlmsghdr *message = (const void *)at;

			if (message->nlmsg_len < sizeof(*message))
				break;
			changes = changes || nft_changes(message);
			at += NLMSG_ALIGN(message->nlmsg_len);
		}
	}
	if (!changes)
		return REAL(sendmsg)(fd, datagram, flags);
	return REQUEST("nft", "transaction", ENOMEM, REAL(sendmsg)(fd, datagram, flags));
}

ssize_t sendmsg(int fd, const struct msghdr *datagram, int flags)
{
	if (!count || socket_option(fd, SO_DOMAIN) != AF_NETLINK)
		return REAL(sendmsg)(fd, datagram, flags);
	return socket_option(fd, SO_PROTOCOL) == NETLINK_ROUTE ? send_route(fd, datagram, flags)
							       : send_nft(fd, datagram, flags);
}

static void change_answers(char *at, ssize_t length)
{
	while (length >= (ssize_t)sizeof(struct nlmsghdr)) {
		struct nlmsghdr *message = (void *)at;
		size_t size = NLMSG_ALIGN(message->nlmsg_len);

		if (message->nlmsg_type == NLMSG_ERROR && message->nlmsg_seq == refused.seq) {
			((struct nlmsgerr *)NLMSG_DATA(message))->error = -refused.error;
			refused.error = 0;
		}
		if (size < sizeof(*message) || (ssize_t)size > length)
			break;
		at += size;
		length -= (ssize_t)size;
	}
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t length = REAL(recv)(fd, buffer, size, flags);

	if (length > 0 && refused.error && socket_option(fd, SO_DOMAIN) == AF_NETLINK)
		change_answers(buffer, length < (ssize_t)size ? length : (ssize_t)size);
	return length;
}

/* To the tunnel worker. */
ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (!count || socket_option(fd, SO_DOMAIN) != AF_UNIX)
		return REAL(send)(fd, data, size, flags);
	return REQUEST("worker", "message", ENOBUFS, REAL(send)(fd, data, size, flags));
}

/* ---- devices, namespaces, processes ---- */

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request != TUNSETIFF && request != TUNSETOWNER && request != TUNSETGROUP &&
	    request != TUNSETPERSIST)
		return REAL(ioctl)(fd, request, argument);
	return (int)REQUEST("tun", request == TUNSETIFF ? "make" : "set", ENOMEM,
			    REAL(ioctl)(fd, request, argument));
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return (int)REQUEST("mount", target, ENOMEM,
			    REAL(mount)(source, target, type, flags, data));
}

int umount2(const char *target, int flags)
{
	return (int)REQUEST("umount", target, ENOMEM, REAL(umount2)(target, flags));
}

int unshare(int flags)
{
	return (int)REQUEST("unshare", NULL, ENOSPC, REAL(unshare)(flags));
}

pid_t fork(void)
{
	return (pid_t)REQUEST("fork", NULL, EAGAIN, REAL(fork)());
}

int execv(const char *path, char *const argv[])
{
	return (int)REQUEST("exec", path, EACCES, REAL(execv)(path, argv));
}

/* ---- files ---- */

static bool is_ours(const char *path)
{
	static const char *const places[] = { "/run/", "/etc/netns", "/proc/sys/", "/dev/net/tun" };
	size_t i;

	if (path[0] != '/')
		return true; /* below a descriptor of ours */
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

static bool is_written(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = '\0';
	return path[0] == '/' && is_ours(path);
}

static bool opens_to_change(const char *path, int flags)
{
	return count && is_ours(path) && (flags & O_CREAT || (flags & O_ACCMODE) != O_RDONLY);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if (flags & O_CREAT)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (!opens_to_change(path, flags))
		return REAL(open)(path, flags, mode);
	return (int)REQUEST("open", path, ENOSPC, REAL(open)(path, flags, mode));
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if (flags & O_CREAT)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (!opens_to_change(path, flags))
		return REAL(openat)(directory, path, flags, mode);
	return (int)REQUEST("open", path, ENOSPC, REAL(openat)(directory, path, flags, mode));
}

ssize_t write(int fd, const void *data, size_t size)
{
	char path[512];

	if (!count || !is_written(fd, path, sizeof(path)))
		return REAL(write)(fd, data, size);
	return REQUEST("write", path, ENOSPC, REAL(write)(fd, data, size));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	char path[512];

	if (!count || !is_written(fd, path, sizeof(path)))
		return REAL(pwrite)(fd, data, size, offset);
	return REQUEST("write", path, ENOSPC, REAL(pwrite)(fd, data, size, offset));
}

#define CHANGES_PATH(name, error, path, parameters, arguments)                                     \
	int name parameters                                                                        \
	{                                                                                          \
		if (!count || !is_ours(path))                                                      \
			return REAL(name) arguments;                                               \
		return (int)REQUEST(#name, path, error, REAL(name) arguments);                     \
	}

CHANGES_PATH(mkdir, ENOSPC, path, (const char *path, mode_t mode), (path, mode))
CHANGES_PATH(mkdirat, ENOSPC, path, (int at, const char *path, mode_t mode), (at, path, mode))
CHANGES_PATH(rmdir, EROFS, path, (const char *path), (path))
CHANGES_PATH(unlink, EROFS, path, (const char *path), (path))
CHANGES_PATH(unlinkat, EROFS, path, (int at, const char *path, int flags), (at, path, flags))
CHANGES_PATH(rename, ENOSPC, to, (const char *from, const char *to), (from, to))
CHANGES_PATH(renameat, ENOSPC, to, (int a, const char *from, int b, const char *to),
	     (a, from, b, to))

int fchmod(int fd, mode_t mode)
{
	return (int)REQUEST("fchmod", NULL, EROFS, REAL(fchmod)(fd, mode));
}
