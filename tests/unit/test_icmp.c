/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo requests and replies byte by byte, torn ones, and a probe of the running kernel's loopback in a network
 * namespace. Without the right to make one, that test is skipped.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/mtu.h"
#include "boot/nics.h"
#include "kernel/icmp.h"

static uint32_t sum_of(const uint8_t *bytes, size_t n_bytes)
{
	uint32_t sum = 0;
	for (size_t i = 0; i + 1 < n_bytes; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static void encodes_requests(void **state)
{
	(void)state;
	static const uint8_t head4[] = {8, 0, 0x8e, 0x8a, 0x69, 0x73, 0, 2}, head6[] = {128, 0, 0, 0, 0x69, 0x73, 0, 2};
	uint8_t out[64], zeros[40] = {0};
	for (unsigned family = 4; family <= 6; family += 2) {
		struct writer w = writer_over(out, sizeof out);
		icmp_put_echo(&w, family, 0x6973, 2, 48);
		assert_int_equal(w.n_bytes, 48);
		assert_memory_equal(out, family == 4 ? head4 : head6, 8);
		assert_memory_equal(out + 8, zeros, 40);
	}
	for (uint32_t id = 0; id <= 0xffff; id += 0x101) {
		struct writer w = writer_over(out, sizeof out);
		icmp_put_echo(&w, 4, (uint16_t)id, 0xffff, 8);
		assert_int_equal(sum_of(out, 8), 0xffff); /* RFC 1071: with its checksum all is ones */
	}
}

static void reads_replies(void **state)
{
	(void)state;
	const uint8_t reply4[28] = {[0] = 0x45, [24] = 0x69, [25] = 0x73, [27] = 7};
	const uint8_t options[32] = {[0] = 0x46, [28] = 0x69, [29] = 0x73, [31] = 8};
	const uint8_t reply6[8] = {129, 0, 1, 2, 0x69, 0x73, 0, 9};
	const uint8_t request6[8] = {128, 0, 1, 2, 0x69, 0x73, 0, 9};
	uint16_t number;
	assert_true(icmp_read_reply(4, reply4, sizeof reply4, 0x6973, &number));
	assert_int_equal(number, 7);
	assert_true(icmp_read_reply(4, options, sizeof options, 0x6973, &number));
	assert_int_equal(number, 8);
	assert_true(icmp_read_reply(6, reply6, sizeof reply6, 0x6973, &number));
	assert_int_equal(number, 9);
	assert_false(icmp_read_reply(6, reply6, sizeof reply6, 0x6974, &number));
	assert_false(icmp_read_reply(6, request6, sizeof request6, 0x6973, &number));
	for (size_t n = 0; n < sizeof reply4; n++)
		assert_false(icmp_read_reply(4, reply4, n, 0x6973, &number));
	for (size_t n = 0; n < sizeof reply6; n++)
		assert_false(icmp_read_reply(6, reply6, n, 0x6973, &number));
}

static void the_loopback_carries_big_packets(void **state)
{
	(void)state;
	static struct nics nics = {.fd = -1};
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	struct fail fail = {.code = FAIL_NONE};
	if (unshare(CLONE_NEWNET) != 0) {
		print_message("no right to make a network namespace: skipped\n");
		skip();
	}
	assert_true(nics_open(&nics, &fail)); /* sets it up */
	for (unsigned i = 0; i < 2; i++) {
		struct ip_address ip;
		struct tcp_address to;
		struct mtu_probe probe, other;
		assert_true(text_ip(span_of(hosts[i]), &ip));
		tcp_address_make(&to, &ip, 3260, 0);
		assert_true(mtu_start(&probe, &to, 9000, 1000));
		assert_int_equal(mtu_step(&probe, 1000), MTU_NOT_YET);
		assert_int_equal(mtu_step(&probe, 1001), MTU_GOOD);
		mtu_stop(&probe);
		assert_true(mtu_start(&probe, &to, 9000, 1000));
		assert_true(mtu_start(&other, &to, 9000, 1000)); /* of another session */
		assert_int_equal(mtu_step(&other, 1000), MTU_NOT_YET);
		assert_int_equal(mtu_step(&probe, 1000 + MTU_WAIT_MS), MTU_UNKNOWN);
		mtu_stop(&other);
		probe.small_answered = true;
		assert_int_equal(mtu_step(&probe, 1000 + MTU_WAIT_MS), MTU_LOST);
		mtu_stop(&probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_requests),
		cmocka_unit_test(reads_replies),
		cmocka_unit_test(the_loopback_carries_big_packets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
