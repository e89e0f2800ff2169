// The use cases as a client sees them, without a network.

import CacheEngine
import GRPC
import Invalidation
import Messages
import Testing

@testable import CacheService

@Suite struct CacheServiceTests {
    @Test("what was set is read back, with everything that was given")
    func setAndGet() throws {
        let wire = try ServiceWire()
        var request = wire.setRequest("user:1", "Ada")
        request.contentType = "text/plain"
        request.metadata = [MetadataPair(name: "a", value: "b")]
        request.tags = ["x", "y"]
        let stored = try wire.call("Set", request, as: SetResponse.self)
        #expect(stored.stored && stored.version > 0 && stored.expiresAt != nil)
        let entry = try wire.get("user:1")
        #expect(entry.hit && entry.source == .l1 && entry.version == stored.version)
        #expect(entry.value.string == "Ada" && entry.contentType.string == "text/plain")
        #expect(entry.metadata == request.metadata && entry.tags == request.tags)
        #expect(entry.expiresAt == stored.expiresAt && entry.cachedAt != nil)
        #expect(try !wire.get("user:2").hit)
    }

    @Test("a caller that holds the version is spared the value")
    func notModified() throws {
        let wire = try ServiceWire()
        let version = try wire.set("k", "v").version
        var request = GetRequest()
        request.key = "k"
        request.ifVersionNot = version
        let same = try wire.call("Get", request, as: GetResponse.self)
        #expect(same.hit && same.notModified && same.value.isEmpty)
        request.ifVersionNot = version + 1
        let other = try wire.call("Get", request, as: GetResponse.self)
        #expect(!other.notModified && other.value.string == "v")
    }

    @Test("a condition that does not hold stores nothing and says why")
    func conditions() throws {
        let wire = try ServiceWire()
        var request = wire.setRequest("k", "v")
        request.condition = .ifPresent(true)
        let absent = try wire.call("Set", request, as: SetResponse.self)
        #expect(!absent.stored && absent.reason == .absent)
        let version = try wire.set("k", "old").version
        request.condition = .ifAbsent(true)
        let exists = try wire.call("Set", request, as: SetResponse.self)
        #expect(!exists.stored && exists.reason == .exists && exists.currentVersion == version)
        request.condition = .ifVersion(version + 7)
        let mismatch = try wire.call("Set", request, as: SetResponse.self)
        #expect(mismatch.reason == .versionMismatch && mismatch.currentVersion == version)
        #expect(try wire.get("k").value.string == "old")
        request.condition = .ifVersion(version)
        #expect(try wire.call("Set", request, as: SetResponse.self).stored)
    }

    @Test("each refusal names its field, carries its reason, and stores nothing")
    func refusals() throws {
        let wire = try ServiceWire()
        let cases: [(StatusCode, String, String, (inout SetRequest) -> Void)] = [
            (.invalidArgument, "key", "INVALID_KEY", { $0.key = "" }),
            (.invalidArgument, "key", "INVALID_KEY", { $0.key = "a\u{1}" }),
            (.invalidArgument, "key", "INVALID_KEY", { $0.key = "a\u{85}" }),
            (.invalidArgument, "ttl", "INVALID_TTL", { $0.ttl = ProtoDuration(seconds: -1) }),
            (.invalidArgument, "ttl", "INVALID_TTL", { $0.ttl = ProtoDuration() }),
            (.invalidArgument, "ttl", "INVALID_TTL", { $0.ttl = ProtoDuration(seconds: .max) }),
            (.invalidArgument, "ttl", "INVALID_TTL", { $0.ttl = ProtoDuration(seconds: .min) }),
            (
                .invalidArgument, "ttl", "INVALID_TTL",
                { $0.ttl = ProtoDuration(seconds: 1, nanos: -1) }
            ),
            (
                .invalidArgument, "ttl", "INVALID_TTL",
                {
                    $0.ttl = ProtoDuration(seconds: 1)
                    $0.noExpiry = true
                }
            ),
            (
                .invalidArgument, "if_absent", "INVALID_CONDITION",
                { $0.condition = .ifAbsent(false) }
            ),
            (
                .invalidArgument, "if_version", "INVALID_CONDITION",
                { $0.condition = .ifVersion(0) }
            ),
            (.invalidArgument, "tags[1]", "INVALID_TAGS", { $0.tags = ["a", ""] }),
        ]
        for (code, field, reason, change) in cases {
            var request = wire.setRequest("k", "v")
            change(&request)
            let status = try wire.refusal("Set", request)
            #expect(status.code == code)
            #expect(status.message.hasPrefix("\(field): "), "\(status)")
            #expect(status.reason(in: wire.arena) == reason)
        }
        #expect(try !wire.get("k").hit)
    }

    @Test("a value over the limit is refused, one at the limit is stored")
    func valueLimit() throws {
        var limits = ServiceLimits()
        limits.valueBytes = 10
        let wire = try ServiceWire(limits: limits)
        let status = try wire.refusal("Set", wire.setRequest("k", "12345678901"))
        #expect(status.code == .resourceExhausted && status.message.hasPrefix("value: "))
        #expect(try wire.set("k", "1234567890").stored)
    }

    @Test("bytes that are no message are refused, and the connection goes on")
    func garbage() throws {
        let wire = try ServiceWire()
        let (_, status) = try wire.wire.call("/cachemanager.v1.Cache/Get", [[0xFF, 0xFF, 0xFF]])
        #expect(status?.code == .internal)
        #expect(try wire.set("k", "v").stored)
    }

    @Test("a batch answers each item for itself, in order")
    func batch() throws {
        let wire = try ServiceWire()
        var request = SetMultiRequest()
        request.entries = [
            wire.setRequest("a", "1"), wire.setRequest("", "2"), wire.setRequest("c", "3"),
        ]
        let stored = try wire.call("SetMulti", request, as: SetMultiResponse.self)
        #expect(stored.results.map { $0.status?.code } == [0, 3, 0])
        #expect(stored.results[1].status?.message.string.hasPrefix("entries[1].key: ") == true)
        var read = GetMultiRequest()
        read.keys = ["c", "b", "a", "a"]
        let entries = try wire.call("GetMulti", read, as: GetMultiResponse.self)
        #expect(entries.results.map { $0.entry?.value.string } == ["3", "", "1", "1"])
        var removal = DeleteMultiRequest()
        removal.keys = ["a", "b"]
        let removed = try wire.call("DeleteMulti", removal, as: DeleteMultiResponse.self)
        #expect(removed.results.map { $0.outcome?.deleted } == [true, false])
    }

    @Test("a reply that is full says which keys to ask again")
    func replyLimit() throws {
        var limits = ServiceLimits()
        limits.replyBytes = 2_400
        let wire = try ServiceWire(limits: limits)
        let value = String(repeating: "x", count: 800)
        var request = GetMultiRequest()
        for key in ["a", "b", "c"] {
            #expect(try wire.set(key, value).stored)
            request.keys.append(wire.arena.copy(key))
        }
        let entries = try wire.call("GetMulti", request, as: GetMultiResponse.self)
        #expect(entries.results.map { $0.status?.code } == [0, 0, 8])
        #expect(entries.results[2].status?.reason.string == "REPLY_FULL")
    }

    @Test("an empty batch and one of too many keys are refused")
    func batchLimits() throws {
        let wire = try ServiceWire()
        let empty = try wire.refusal("GetMulti", GetMultiRequest())
        #expect(empty.code == .invalidArgument && empty.message.hasPrefix("keys: "))
        var request = DeleteMultiRequest()
        request.keys = Array(repeating: "k", count: 1_001)
        let many = try wire.refusal("DeleteMulti", request)
        #expect(many.code == .resourceExhausted && many.message.hasPrefix("keys: "))
    }

    @Test("pages list each key once, and are bounded in keys and in bytes")
    func paging() throws {
        let wire = try ServiceWire()
        var expected: Set<String> = []
        for number in 0..<300 {
            #expect(try wire.set("user:\(number)", "v").stored)
            expected.insert("user:\(number)")
        }
        #expect(try wire.set("other", "v").stored)
        let users = try Glob("user:*")
        let now = wire.service.clock.now()
        var cursor: KeysCursor?
        var found: [String] = []
        repeat {
            let page = wire.service.page(after: cursor, limit: 70, now: now, users)
            #expect(page.keys.count <= 70)
            found += page.keys.map { String(decoding: $0, as: UTF8.self) }
            cursor = page.next
        } while cursor != nil
        #expect(found.count == 300)
        #expect(Set(found) == expected)
    }

    @Test("a page token is bound to the life of the cache and to its pattern")
    func pageToken() throws {
        let wire = try ServiceWire()
        let cursor = KeysCursor(stripe: 3, hash: .max)
        let scope = PageToken.Scope(epoch: 7, pattern: 1)
        let token = PageToken(scope: scope, cursor: cursor)
        #expect(PageToken(token.text) == token)
        for text in [token.text, "", "1-0-0-0", "2-0-0-0-0", String(repeating: "-", count: 97)] {
            var request = KeysRequest()
            request.pattern = "user:*"
            request.pageToken = wire.arena.copy(text.isEmpty ? "x" : text)
            let status = try wire.refusal("Keys", request)
            #expect(status.code == .invalidArgument && status.message.hasPrefix("page_token: "))
        }
    }

    @Test("the namespace's time to live counts where the writer gives none")
    func namespaceTTL() throws {
        let wire = try ServiceWire()
        let long = try #require(try wire.set("user:1", "v").expiresAt)
        let short = try #require(try wire.set("short:1", "v").expiresAt)
        #expect((50...60).contains(long.seconds - short.seconds))
        var request = TouchRequest()
        request.key = "short:1"
        request.noExpiry = true
        let touched = try wire.call("Touch", request, as: TouchResponse.self)
        #expect(touched.touched && touched.expiresAt == nil)
    }
}
