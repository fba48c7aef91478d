/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hashes against published vectors (MD5: RFC 1321 appendix A.5; the others: NIST's example messages) and against
 * digests of digests that Python's hashlib computed.
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

static const struct hash_algorithm *const all[] = {&hash_md5, &hash_sha1, &hash_sha256, &hash_sha3_256};

static void hash_of(const struct hash_algorithm *hash, const void *bytes, size_t n_bytes,
		    uint8_t digest[static HASH_DIGEST_MAX])
{
	struct hash_context h;
	hash_init(&h, hash);
	hash_update(&h, bytes, n_bytes);
	hash_final(&h, digest);
}

static void assert_digest(const uint8_t *digest, const char *hex)
{
	char text[2 * HASH_DIGEST_MAX + 1];
	for (size_t i = 0; i < strlen(hex) / 2; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

static void official_vectors(void **state)
{
	(void)state;
	static const struct {
		const struct hash_algorithm *hash;
		const char *text, *hex;
	} cases[] = {
		{&hash_md5, "", "d41d8cd98f00b204e9800998ecf8427e"},
		{&hash_md5, "a", "0cc175b9c0f1b6a831c399e269772661"},
		{&hash_md5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
		{&hash_md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{&hash_md5, "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
		{&hash_md5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		 "d174ab98d277d9f5a5611c2c9f419d9f"},
		{&hash_md5, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		 "57edf4a22be3c955ac49da2e2107b67a"},
		{&hash_sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{&hash_sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{&hash_sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{&hash_sha1,
		 "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
		 "rstnopqrstu",
		 "a49b2446a02c645bf419f995b67091253a04a259"},
		{&hash_sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{&hash_sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{&hash_sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{&hash_sha256,
		 "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
		 "rstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
		{&hash_sha3_256, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
		{&hash_sha3_256, "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
		{&hash_sha3_256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376"},
		{&hash_sha3_256,
		 "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
		 "rstnopqrstu",
		 "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t digest[HASH_DIGEST_MAX];
		hash_of(cases[i].hash, cases[i].text, strlen(cases[i].text), digest);
		assert_digest(digest, cases[i].hex);
	}
}

/* NIST's long message; of MD5 the digest is hashlib's. */
static void a_million_times_a(void **state)
{
	(void)state;
	static const char *const hex[] = {
		"7707d6ae4e027c70eea2a935c2296f21",
		"34aa973cd4c4daa4f61eeb2bdbad27316534016f",
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
		"5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1",
	};
	for (size_t i = 0; i < COUNT(all); i++) {
		struct hash_context h;
		char text[1000];
		uint8_t digest[HASH_DIGEST_MAX];
		memset(text, 'a', sizeof text);
		hash_init(&h, all[i]);
		for (size_t n = 0; n < 1000; n++)
			hash_update(&h, text, sizeof text);
		hash_final(&h, digest);
		assert_digest(digest, hex[i]);
	}
}

/* Message n holds the n bytes (7 * i + n) % 256. The digests of all of them, in order, are hashed again. */
static void every_length(void **state)
{
	(void)state;
	static const char *const hex[] = {
		"a442e71c2813be22a1e4ba7304617cca",
		"d0de06f4c5cb01efe13d538b17bbc0bd8144a1c2",
		"e673d33f6940a6d3856d0d305fd88363ae0ba3b96e2411d8ddd5e0dd443f4525",
		"fd0a3ca58a5d3586e561daba79f3fd7f14665f96a29c5e4fe02d8a4449423c00",
	};
	for (size_t k = 0; k < COUNT(all); k++) {
		struct hash_context digests;
		uint8_t digest[HASH_DIGEST_MAX];
		hash_init(&digests, all[k]);
		for (size_t n = 0; n <= 200; n++) {
			uint8_t message[200];
			for (size_t i = 0; i < n; i++)
				message[i] = (uint8_t)(7 * i + n);
			hash_of(all[k], message, n, digest);
			hash_update(&digests, digest, all[k]->digest_bytes);
		}
		hash_final(&digests, digest);
		assert_digest(digest, hex[k]);
	}
}

static void pieces_make_the_whole(void **state)
{
	(void)state;
	uint8_t message[300], whole[HASH_DIGEST_MAX], pieces[HASH_DIGEST_MAX];
	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (uint8_t)(i * i);
	for (size_t k = 0; k < COUNT(all); k++) {
		hash_of(all[k], message, sizeof message, whole);
		for (size_t cut = 0; cut <= sizeof message; cut++) {
			struct hash_context h;
			hash_init(&h, all[k]);
			hash_update(&h, message, cut);
			hash_update(&h, message + cut, sizeof message - cut);
			hash_final(&h, pieces);
			assert_memory_equal(whole, pieces, all[k]->digest_bytes);
		}
	}
}

static void the_state_is_wiped(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(all); k++) {
		struct hash_context h;
		uint8_t digest[HASH_DIGEST_MAX];
		memset(&h, 0x5a, sizeof h);
		hash_init(&h, all[k]);
		hash_update(&h, "secretsecret12", 14);
		hash_final(&h, digest);
		for (size_t i = 0; i < COUNT(h.state); i++)
			assert_true(h.state[i] == 0);
	}
}

static void the_rows_describe_them(void **state)
{
	(void)state;
	static const char *const names[] = {"MD5", "SHA1", "SHA256", "SHA3-256"};
	static const size_t n_bytes[] = {16, 20, 32, 32};
	for (size_t k = 0; k < COUNT(all); k++) {
		assert_string_equal(all[k]->name, names[k]);
		assert_int_equal(all[k]->digest_bytes, n_bytes[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(official_vectors),   cmocka_unit_test(a_million_times_a),
		cmocka_unit_test(every_length),       cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(the_state_is_wiped), cmocka_unit_test(the_rows_describe_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
