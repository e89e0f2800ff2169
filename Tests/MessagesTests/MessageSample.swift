// Owns one example of every message, in protobuf's text format: the tests' shared input.

import Foundation
import Messages
import Testing

/// A message with all of its fields set.
struct MessageSample: Sendable, CustomTestStringConvertible {
    /// Swift's type of the message.
    let type: any (WireMessage & SendableMetatype).Type
    /// The message in protobuf's text format.
    let text: String

    init(_ type: any (WireMessage & SendableMetatype).Type, _ text: String) {
        self.type = type
        self.text = text
    }

    var testDescription: String { "\(type): \(text.prefix(40))" }

    static let all = cache + batches + invalidation + stats + protocols + reflection

    private static let cache = [
        MessageSample(
            GetRequest.self, #"key: "user:é" mode: READ_MODE_CACHED_ONLY if_version_not: 7"#),
        MessageSample(GetResponse.self, getResponse),
        MessageSample(SetRequest.self, setRequest + " if_absent: true"),
        MessageSample(SetRequest.self, setRequest + " if_present: false"),
        MessageSample(SetRequest.self, setRequest + " if_version: 0"),
        MessageSample(SetResponse.self, setResponse),
        MessageSample(DeleteRequest.self, #"key: "k" if_version: 18446744073709551615"#),
        MessageSample(DeleteResponse.self, deleteResponse),
        MessageSample(ExistsRequest.self, #"key: "k""#),
        MessageSample(ExistsResponse.self, "exists: true expires_at { seconds: 5 } version: 9"),
        MessageSample(
            TouchRequest.self, #"key: "k" ttl { seconds: -1 nanos: -5 } no_expiry: true"#),
        MessageSample(TouchResponse.self, "touched: true expires_at { nanos: 5 } version: 9"),
        MessageSample(KeysRequest.self, #"pattern: "a*" page_size: -3 page_token: "t""#),
        MessageSample(KeysResponse.self, #"keys: "a" keys: "" keys: "c" next_page_token: "n""#),
        MessageSample(InvalidateRequest.self, #"keys { keys: "a" keys: "b" } reason: "r""#),
        MessageSample(InvalidateRequest.self, "keys { }"),
        MessageSample(InvalidateRequest.self, #"pattern: "a*" reason: "r""#),
        MessageSample(InvalidateRequest.self, #"tag: "" reason: "r""#),
        MessageSample(InvalidateRequest.self, "everything: false"),
        MessageSample(
            InvalidateResponse.self, #"invalidated: -1 success: true revision_token: "\000\377""#),
    ]

    private static let batches = [
        MessageSample(GetMultiRequest.self, #"keys: "a" keys: "b" mode: READ_MODE_SKIP_L1"#),
        MessageSample(
            GetMultiResponse.self,
            "results { key: \"a\" \(itemStatus) entry { \(getResponse) } } results { key: \"b\" }"),
        MessageSample(SetMultiRequest.self, "entries { \(setRequest) if_version: 3 } entries { }"),
        MessageSample(
            SetMultiResponse.self,
            "results { key: \"a\" \(itemStatus) outcome { \(setResponse) } } results { }"),
        MessageSample(DeleteMultiRequest.self, #"keys: "a" keys: "b""#),
        MessageSample(
            DeleteMultiResponse.self,
            "results { key: \"a\" \(itemStatus) outcome { \(deleteResponse) } }"),
    ]

    private static let invalidation = [
        MessageSample(
            StreamInvalidationsRequest.self,
            #"patterns: "a*" patterns: "b" resume_token: "\000t" "#
                + #"heartbeat_interval { seconds: 30 } skip_origin_id: "o""#),
        MessageSample(
            StreamInvalidationsResponse.self, #"resume_token: "t" subscribed { resumed: true }"#),
        MessageSample(
            StreamInvalidationsResponse.self, "resume_token: \"t\" events { \(events) }"),
        MessageSample(StreamInvalidationsResponse.self, #"resume_token: "t" progress { }"#),
        MessageSample(
            StreamInvalidationsResponse.self, "reset { reason: RESET_REASON_SLOW_CONSUMER }"),
        MessageSample(StreamInvalidationsResponse.self, "draining { grace_period { seconds: 9 } }"),
        MessageSample(StreamInvalidationsResponse.self, "draining { }"),
        MessageSample(Event.self, #"key: "k" kind: EVENT_KIND_EXPIRE version: 4"#),
    ]

    private static let stats = [
        MessageSample(StatsRequest.self, #"namespace: "n" top: 5"#),
        MessageSample(StatsResponse.self, statsResponse),
    ]

    private static let protocols = [
        MessageSample(HealthCheckRequest.self, #"service: "s""#),
        MessageSample(HealthCheckResponse.self, "status: SERVICE_UNKNOWN"),
        MessageSample(HealthListRequest.self, ""),
        MessageSample(HealthListResponse.self, #"statuses { key: "s" value { status: SERVING } }"#),
        MessageSample(
            RPCStatus.self,
            #"code: 5 message: "m" details { type_url: "t/a.B" value: "\001\000" } details { }"#),
        MessageSample(
            ErrorInfo.self, #"reason: "R" domain: "d" metadata { key: "k" value: "v" }"#),
        MessageSample(RetryInfo.self, "retry_delay { seconds: 1 nanos: 500 }"),
    ]

    private static let reflection = [
        MessageSample(ServerReflectionRequest.self, #"host: "h" file_by_filename: "f""#),
        MessageSample(ServerReflectionRequest.self, #"host: "h" file_containing_symbol: "s""#),
        MessageSample(
            ServerReflectionRequest.self,
            #"file_containing_extension { containing_type: "t" extension_number: 3 }"#),
        MessageSample(ServerReflectionRequest.self, #"all_extension_numbers_of_type: "t""#),
        MessageSample(ServerReflectionRequest.self, #"list_services: """#),
        MessageSample(
            ServerReflectionResponse.self,
            #"valid_host: "h" original_request { host: "h" list_services: "*" } "#
                + #"list_services_response { service { name: "a" } service { name: "b" } }"#),
        MessageSample(
            ServerReflectionResponse.self,
            #"file_descriptor_response { file_descriptor_proto: "\000a" "#
                + #"file_descriptor_proto: "" }"#
        ),
        MessageSample(
            ServerReflectionResponse.self,
            #"all_extension_numbers_response { base_type_name: "t" "#
                + #"extension_number: [1, -2, 300] }"#
        ),
        MessageSample(
            ServerReflectionResponse.self,
            #"error_response { error_code: 5 error_message: "m" }"#),
    ]

    private static let itemStatus = #"status { code: 8 message: "m" reason: "R" }"#
    private static let getResponse =
        #"hit: true value: "\000\377v" source: SOURCE_L1 version: 3 "#
        + "cached_at { seconds: 1700000000 nanos: 999999999 } expires_at { seconds: 1700000300 } "
        + #"stale: true content_type: "text/plain" metadata { key: "m" value: "n" } "#
        + #"tags: "t" tags: "u" not_modified: true"#
    private static let setRequest =
        #"key: "k" value: "v" ttl { seconds: 300 nanos: 1 } no_expiry: true "#
        + #"content_type: "c" metadata { key: "m" value: "n" } tags: "t""#
    private static let setResponse =
        "stored: true version: 3 expires_at { seconds: 9 } "
        + "reason: NOT_STORED_REASON_L2_UNAVAILABLE current_version: 8"
    private static let deleteResponse =
        "existed: true version: 300 deleted: true current_version: 4"
    private static let events =
        #"events { key: "k" kind: EVENT_KIND_SET version: 1 origin_id: "o" cause: "c" } "#
        + #"events { pattern: "p" } events { tag: "t" } events { everything: true } "#
        + #"events { key: "" kind: EVENT_KIND_INVALIDATE }"#
    private static let counters =
        "hits: 1 misses: 2 hit_rate: 0.25 sets: 3 deletes: 4 evictions: 5 expirations: 6 "
        + "invalidations: 7 l1_size: 8 l1_bytes: 9 l1_max_bytes: 10 l2_hits: 11 l2_misses: 12 "
        + "l2_errors: 13 coalesced: 14 rejected_for_room: 15"
    private static let shardStats =
        #"name: "s" state: "up" in_flight: 3 breaker: "closed" pool: "p" address: "h:1" "#
        + #"role: "master" queued_bytes: 4 bytes_sent: 5 bytes_received: 6 commands: 7 errors: 8 "#
        + "retries: 9 redirects: 10 latency { count: 11 p50 { nanos: 1 } p90 { nanos: 2 } "
        + #"p99 { nanos: 3 } max { nanos: 4 } } feed: "live" partitions: 256 "#
        + #"redis { version: "7" mode: "cluster" uptime { seconds: 1 } used_memory: 2 "#
        + #"used_memory_peak: 3 maxmemory: 4 maxmemory_policy: "noeviction" "#
        + "mem_fragmentation_ratio: 1.5 connected_clients: 6 total_connections_received: 7 "
        + "total_commands_processed: 8 keyspace_hits: 9 keyspace_misses: 10 evicted_keys: 11 "
        + "expired_keys: 12 }"
    private static let sharedStats =
        #"clusters { pool: "p" state: "ok" known_nodes: 6 healthy_nodes: 5 slots_ok: 16384 "#
        + "slots_total: 16384 } clusters { } "
        + "write_behind { entries: 1 bytes: 2 max_bytes: 3 oldest_age { seconds: 4 } flushed: 5 "
        + "failed: 6 dropped: 7 } foreign_entries: 8 feed { events: 9 gaps_repaired: 10 "
        + #"resets: 11 duplicates: 12 malformed: 13 } walks { id: 14 kind: "tag" scanned: 15 "#
        + "removed: 16 total: 17 started_at { seconds: 18 } }"
    private static let topStats =
        #"hottest_keys { key: "k" reads_per_second: 1.5 share: 0.25 } hottest_keys { } "#
        + #"missed_prefixes { prefix: "p:" misses_per_second: 2.5 miss_rate: 0.5 share: 0.75 } "#
        + #"largest_entries { key: "l" bytes: 7 }"#
    private static let statsResponse =
        "totals { \(counters) } namespaces { namespace: \"n\" counters { \(counters) } "
        + "policy: \"lru\" evictions { reason: \"order\" count: 8 } } "
        + "latencies { operation: \"Get\" count: 5 p50 { nanos: 1 } p90 { nanos: 2 } "
        + "p99 { nanos: 3 } p999 { nanos: 4 } max { nanos: 5 } } "
        + "shards { \(shardStats) } shards { } shared { \(sharedStats) } "
        + "instance { mode: \"embedded\" version: \"1\" started_at { seconds: 1 } connections: 2 "
        + "watchers: 3 events_delivered: 4 history_events: 5 resets: 6 "
        + "rejected_connections { reason: \"not_http2\" count: 7 } } "
        + "compression { compressed: 1 left_plain: 2 bytes_before: 3 bytes_after: 4 } "
        + "top { \(topStats) } "
        + "evictions { policy: \"lfu\" reason: \"shrunk\" count: 9 } evictions { }"
}

extension MessageSample {
    /// The files that declare the samples' messages, as protoc finds them.
    private static let files = [
        "cachemanager/v1/cache.proto", "cachemanager/v1/invalidation.proto",
        "cachemanager/v1/stats.proto", "google/rpc/error_details.proto",
        "google/rpc/status.proto", "grpc/health/v1/health.proto",
        "grpc/reflection/v1/reflection.proto",
    ]

    /// What `protoc` makes of the text: an implementation that is not ours.
    func encodedByProtoc() throws -> [UInt8] {
        let proto = ExternalTool.project.appendingPathComponent("proto").path
        let command = ["protoc", "-I\(proto)", "--encode=\(type.fullName)"] + Self.files
        return try ExternalTool.run(command, input: Array(text.utf8)).bytes
    }
}
