// Checks what no Redis URL is, and that what is wrong with one is said without its password.

import Testing

@testable import RedisClient

@Suite("Redis URLs that are refused")
struct RedisURLRefusalTests {
    private func refusal(_ text: String) -> String? {
        do throws(RedisURLError) {
            _ = try RedisURL(text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "what is wrong is said",
        arguments: [
            ("", "is empty"), ("  \n ", "is empty"), ("localhost:6379", "scheme"),
            ("http://h", "scheme"), ("redis:/h", "scheme"), ("redis+cluster+x://h", "scheme"),
            ("redis://", "names no host"), ("redis://:6379", "names no host"),
            ("redis://u:p@", "names no host"), ("redis://h:", "a port"), ("redis://h:0", "a port"),
            ("redis://h:65536", "a port"), ("redis://h:6379x", "a port"),
            ("redis://h:+1", "a port"), ("redis://h:١", "a port"), ("redis://h h", "scheme"),
            ("redis://hö", "a host is"), ("redis://a,b", "a host is"), ("redis://::1", "stands in"),
            ("redis://[::1", "stands in"), ("redis://[h]", "no IPv6"),
            ("redis://[1.2.3.4]", "no IPv6"),
            ("redis://[::1]6379", "only :port"), ("redis://h/x", "a database"),
            ("redis://h/-1", "a database"), ("redis://h/0/1", "a database"),
            ("redis://h/65536", "a database"), ("redis://h/99999999999999999999", "a database"),
            ("redis://:p/w@h", "after a /"), ("redis://:p#w@h", "a # has"),
            ("redis://:p%zz@h", "percent"), ("redis://:p%@h", "percent"),
            ("redis://:%ff@h", "percent"), ("redis://:%00@h", "percent"),
            ("redis://h?x=1", "option"), ("redis://h?weight", "name=value"),
            ("redis://h?weight=0", "weight is"), ("redis://h?weight=1001", "weight is"),
            ("redis://h?name=", "is empty"), ("redis://h?name=a%20b", "the name of a shard"),
            ("redis://h?name=a&name=b", "twice"), ("redis://h?ca=x", "TLS"),
            ("rediss://h?certificate=x", "each other"), ("rediss://h?key=x", "each other"),
            ("unix://h/path", "absolute"), ("unix://", "absolute"), ("unix:///", "absolute"),
            ("unix:///s?db=x", "a database"), ("unix:///s?ca=x", "TLS"),
            ("redis+cluster://", "names no host"), ("redis+cluster://a,", "names no host"),
            ("redis+cluster://a/1", "no database but 0"), ("redis+cluster://a?name=x", "option"),
            ("redis+sentinel://a", "master's name"), ("redis+sentinel://a/", "master's name"),
            ("redis+sentinel://a/m/x", "a database"),
            ("redis+sentinel://a/m?sentinel_username=x", "needs sentinel_password"),
            ("redis://a redis+cluster://b", "beside another"),
            ("redis+cluster://b redis://a", "beside another"),
            ("redis://:p@a redis://b", "must agree"), ("redis://a/1 redis://b", "must agree"),
            ("redis://a rediss://b", "must agree"), ("redis://a redis://a", "one name"),
            ("redis://a?name=x redis://b?name=x", "one name"),
        ])
    func refused(text: String, sentence: String) {
        let refusal = refusal(text)
        #expect(refusal?.contains(sentence) == true, "\(refusal ?? "accepted")")
    }

    @Test("text and lists have a largest size")
    func sizes() {
        #expect(
            refusal("redis://" + String(repeating: "h", count: 16 << 10))?.contains("longer")
                == true)
        let hosts = (0...RedisURL.maxServers).map { "h\($0)" }
        #expect(
            refusal(hosts.map { "redis://" + $0 }.joined(separator: " "))?.contains("256") == true)
        #expect(refusal("redis+cluster://" + hosts.joined(separator: ","))?.contains("256") == true)
        #expect(refusal("unix:///" + String(repeating: "s", count: 107))?.contains("107") == true)
    }

    @Test(
        "neither the sentence nor the shown text holds what may be a password",
        arguments: [
            "redis://:hunter2", "redis://hunter2@", "redis://u:hunter2@h:99999",
            "redis://:hunter2/x@h", "redis://:a hunter2@h", "redis://:hunter2#x@h",
            "redis://:%zzhunter2@h", "redis://h?password=hunter2", "hunter2", "u:hunter2@h:6379",
            "http://u:hunter2@h", "redis:/:hunter2@h", "redis://:hunter2@h redis://b",
            "redis://u:hunter2", "redis://:x?hunter2@h", "redis://:hunter2@\u{301}h",
            "redis+sentinel://h?sentinel_password=hunter2", "redis://h:hunter2,b",
            "redis+sentinel://h/m?sentinel_password=hunter2&x=1", "redis://:hunter2 x",
        ])
    func secrets(text: String) {
        #expect(refusal(text)?.contains("hunter2") == false)
        #expect(!RedisURL.redacted(text).contains("hunter2"), "\(RedisURL.redacted(text))")
    }

    @Test("what is certainly no password stays in the shown text")
    func shown() {
        #expect(
            RedisURL.redacted("redis://ada:pw@cache.example:99999/1")
                == "redis://***@cache.example:99999…")
        #expect(RedisURL.redacted("redis://cache.example:99999") == "redis://cache.example:99999")
        #expect(RedisURL.redacted("redis+cluster://a:1,b:0") == "redis+cluster://a:1,b:0")
        #expect(RedisURL.redacted("redis://:pw@h/2") == "redis://:***@h:6379/2")
        #expect(RedisURL.redacted("") == "")
    }

    @Test("no bytes make it crash, and what it takes it can show and read again")
    func hostileBytes() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "redis://", "rediss://", "unix://", "redis+cluster://", "redis+sentinel://", ":", "@",
            "/",
            "?", "#", "%", "%41", "[", "]", "::1", ",", " ", "\n", "name=", "weight=", "db=", "&",
            "=",
            "h", "7001", "é", "\u{301}", "\0", "ca=",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...9, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
            _ = RedisURL.redacted(text)
            guard refusal(text) == nil else { continue }
            accepted += 1
            let url = try RedisURL(text)
            #expect(try RedisURL(url.description).description == url.description, "\(text)")
        }
        #expect(accepted > 0)
    }
}
