// What the library's error tells of a server's status.

import GRPC
import Messages
import Testing

@testable import CacheManagerClient

@Suite struct CacheErrorTests {
    @Test("an error carries the reason, and after how long trying again may help")
    func details() {
        let status = GRPCStatus.refused(
            .unavailable, reason: "L2_UNAVAILABLE", field: "", "shard a does not answer",
            retryDelay: .milliseconds(1_250))
        let error = CacheError(status)
        #expect(error.code == .unavailable && error.isRetryable)
        #expect(error.reason == "L2_UNAVAILABLE")
        #expect(error.retryAfter == .milliseconds(1_250))
        #expect(error.message == "shard a does not answer")
    }

    @Test("without a word about it there is none, and foreign details are no error")
    func noDetails() {
        let status = GRPCStatus.refused(reason: "INVALID_KEY", field: "key", "is empty")
        #expect(CacheError(status).retryAfter == nil)
        let foreign = GRPCStatus(.unavailable, "x", details: [0xFF, 0xFF])
        #expect(CacheError(foreign).reason == nil)
        #expect(CacheError(foreign).retryAfter == nil)
    }

    @Test("a write that the shared level did not take says so")
    func notStored() {
        var response = SetResponse()
        response.reason = .l2Unavailable
        #expect(SetOutcome(response) == .notStored(.l2Unavailable, version: nil))
    }
}
