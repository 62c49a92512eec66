/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that talks rtnetlink: sends, reads until everything is answered, and turns the kernel's extended
 * acknowledgement (NETLINK_EXT_ACK) into the text of an error: "Device or resource busy (kernel: …)".
 *
 * Messages are libnl's, written with nla_put*(); REQUEST_SIZE is more than any message here needs, so their
 * results need no check.
 */
#ifndef BACKENDS_REQUEST_H
#define BACKENDS_REQUEST_H

#include "model/error.h"

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_SIZE 16384U

/* A socket in the calling thread's network namespace. */
int request_open(struct nl_sock **ret, struct error *err);
void request_close(struct nl_sock *socket); /* accepts NULL */

/* A message with its family's header. Out of memory ends the program. */
struct nl_msg *request_new(uint16_t type, int flags, const void *header, size_t size);
void request_free(struct nl_msg *const *message);
#define AUTO_MESSAGE __attribute__((cleanup(request_free)))

/*
 * Sends messages in one datagram and waits for all acknowledgements. A message that fails does not stop those
 * after it; returned is the first failure.
 */
int request_send(struct nl_sock *socket, struct nl_msg *const *messages, size_t n,
		 struct error *err);
int request_send_one(struct nl_sock *socket, struct nl_msg *message, struct error *err);

/* Everything the kernel answered, message after message. Starts as { 0 }. */
struct answer {
	char *data;
	size_t length, room;
};
void answer_free(struct answer *answer);
#define AUTO_ANSWER __attribute__((cleanup(answer_free)))

/* First, and next after `message`; NULL at the end. */
const struct nlmsghdr *answer_next(const struct answer *answer, const struct nlmsghdr *message);
#define ANSWER_FOR_EACH(message, answer)                                                           \
	for ((message) = answer_next(answer, NULL); (message);                                     \
	     (message) = answer_next(answer, message))

/* One object: the answer holds its message. -ENODEV, -ESRCH, … as the kernel says. */
int request_get(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
		struct error *err);
/* A dump, repeated when the kernel's tables changed under it or its answers did not fit. */
int request_dump(struct nl_sock *socket, struct nl_msg *message, struct answer *ret,
		 struct error *err);

/* What stands before the attributes: struct ifinfomsg, ifaddrmsg, rtmsg. Whether it is there message_parse says. */
const void *message_header(const struct nlmsghdr *message);
/* Attributes of `message` after a header of `size` bytes into table[0 … max]. False: malformed. */
bool message_parse(const struct nlmsghdr *message, size_t size, const struct nlattr **table,
		   int max);
/* The same for a nest. NULL attr gives an empty table. */
bool attr_parse_nested(const struct nlattr *attr, const struct nlattr **table, int max);

/* Payloads, 0 or NULL where the attribute is absent or too short. */
uint32_t attr_u32(const struct nlattr *attr);
uint16_t attr_u16(const struct nlattr *attr);
uint8_t attr_u8(const struct nlattr *attr);
const char *attr_text(const struct nlattr *attr);

/* request_dump of one TYPE with this header, links without their counters. */
int request_dump_type(struct nl_sock *socket, uint16_t type, const void *header, size_t size,
		      struct answer *ret, struct error *err);

#endif
