/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MD5 against RFC 1321 appendix A.5 and against a digest of digests that Python's hashlib computed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void md5_of(const void *bytes, size_t n_bytes, uint8_t digest[static HASH_DIGEST_MAX])
{
	struct hash_context h;
	hash_init(&h, &hash_md5);
	hash_update(&h, bytes, n_bytes);
	hash_final(&h, digest);
}

static void assert_digest(const uint8_t *digest, const char *hex)
{
	char text[33];
	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

static void md5_vectors_of_the_rfc(void **state)
{
	(void)state;
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"", "d41d8cd98f00b204e9800998ecf8427e"},
		{"a", "0cc175b9c0f1b6a831c399e269772661"},
		{"abc", "900150983cd24fb0d6963f7d28e17f72"},
		{"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
		{"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		 "57edf4a22be3c955ac49da2e2107b67a"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t digest[HASH_DIGEST_MAX];
		md5_of(cases[i].text, strlen(cases[i].text), digest);
		assert_digest(digest, cases[i].hex);
	}
}

/* Message n holds the n bytes (7 * i + n) % 256. The digests of all of them, in order, are hashed again. */
static void md5_of_every_length(void **state)
{
	(void)state;
	struct hash_context all;
	uint8_t digest[HASH_DIGEST_MAX];
	hash_init(&all, &hash_md5);
	for (size_t n = 0; n <= 200; n++) {
		uint8_t message[200];
		for (size_t i = 0; i < n; i++)
			message[i] = (uint8_t)(7 * i + n);
		md5_of(message, n, digest);
		hash_update(&all, digest, 16);
	}
	hash_final(&all, digest);
	assert_digest(digest, "a442e71c2813be22a1e4ba7304617cca");
}

static void md5_in_pieces_is_md5(void **state)
{
	(void)state;
	uint8_t message[150], whole[HASH_DIGEST_MAX], pieces[HASH_DIGEST_MAX];
	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)(i * i);
	md5_of(message, sizeof message, whole);
	for (size_t cut = 0; cut <= sizeof message; cut++) {
		struct hash_context h;
		hash_init(&h, &hash_md5);
		hash_update(&h, message, cut);
		hash_update(&h, message + cut, sizeof message - cut);
		hash_final(&h, pieces);
		assert_memory_equal(whole, pieces, 16);
	}
}

static void the_state_is_wiped(void **state)
{
	(void)state;
	struct hash_context h;
	uint8_t digest[HASH_DIGEST_MAX];
	memset(&h, 0x5a, sizeof h);
	hash_init(&h, &hash_md5);
	hash_update(&h, "secretsecret12", 14);
	hash_final(&h, digest);
	for (size_t i = 0; i < COUNT(h.state); i++)
		assert_true(h.state[i] == 0);
}

static void the_row_describes_it(void **state)
{
	(void)state;
	assert_string_equal(hash_md5.name, "MD5");
	assert_int_equal(hash_md5.digest_bytes, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_vectors_of_the_rfc), cmocka_unit_test(md5_of_every_length),
		cmocka_unit_test(md5_in_pieces_is_md5),   cmocka_unit_test(the_state_is_wiped),
		cmocka_unit_test(the_row_describes_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
