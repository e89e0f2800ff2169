// Which handler answers which path; made once, then only read, by every event loop.

package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A unary call as its handler sees it: everything in it is valid only until it returns.
package struct UnaryRequest {
    /// The request's message.
    package let message: UnsafeRawBufferPointer
    /// What the loop that reads the call shares among its calls.
    package let loop: ServerLoop
    let stream: UnsafeMutablePointer<ServerStream>

    /// When the bytes of the request were read.
    package let now: NIODeadline

    /// When the caller gives up; nil: never.
    package var deadline: NIODeadline? { stream.pointee.deadline }

    /// The first value of a custom metadata field, without building them all.
    package func metadata(_ name: StaticString) -> [UInt8]? {
        stream.pointee.metadata.value(of: name)
    }
}

/// Where a unary handler writes its message.
package struct UnaryReply {
    let stream: UnsafeMutablePointer<ServerStream>

    /// Gives room for a message of exactly this size; called once, filled at once.
    package func reserve(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let all = stream.pointee.reply.extend(by: FramedMessage.prefixBytes + size)
        FramedMessage.writePrefix(length: size, to: all)
        return UnsafeMutableRawBufferPointer(rebasing: all[FramedMessage.prefixBytes...])
    }
}

/// How a unary handler answers.
package enum UnaryOutcome {
    /// The message stands in the reply.
    case replied
    /// The call failed.
    case failed(GRPCStatus)
    /// The rest has to wait for something: it runs as a task on the same event loop, and is
    /// cancelled when the caller goes away or its deadline passes.
    case pending(@Sendable () async throws(GRPCStatus) -> FramedMessage)
}

/// One method of a service.
package struct Method: Sendable {
    /// How its calls are handled. Every closure runs on the event loop of its connection.
    package enum Handler: Sendable {
        /// One message each way.
        case unary(@Sendable (UnaryRequest, UnaryReply) -> UnaryOutcome)
        /// Any number of messages each way, by events. Unless `clientStreaming`, exactly one
        /// request message is read before the handler hears of it.
        case stream(
            clientStreaming: Bool, open: @Sendable (ServerCall) -> any ServerCallHandler)
    }

    /// Its name within the service.
    package let name: String
    let handler: Handler

    /// A method of that name.
    package init(_ name: String, _ handler: Handler) {
        self.name = name
        self.handler = handler
    }
}

/// A service: `package.Service` and its methods.
package struct Service: Sendable {
    /// Its full name.
    package let name: String
    let methods: [Method]

    /// A service of that full name.
    package init(_ name: String, methods: [Method]) {
        self.name = name
        self.methods = methods
    }
}

/// What the stream's headers found: kept by reference so that a stream holds one pointer.
final class Route: Sendable {
    let path: [UInt8]
    let handler: Method.Handler

    init(path: [UInt8], handler: Method.Handler) {
        self.path = path
        self.handler = handler
    }
}

/// Finds the route of a path without making a string of it.
final class MethodTable: Sendable {
    /// Open addressing at less than half full; a slot is nil or a route.
    private let slots: [Route?]
    private let mask: Int

    init(_ services: [Service]) {
        let routes = services.flatMap { service in
            service.methods.map { method in
                Route(path: Array("/\(service.name)/\(method.name)".utf8), handler: method.handler)
            }
        }
        var size = 16
        while size < routes.count * 4 { size *= 2 }
        var slots = [Route?](repeating: nil, count: size)
        for route in routes {
            var index = route.path.withUnsafeBufferPointer { Self.hash($0) } & (size - 1)
            while let other = slots[index] {
                precondition(other.path != route.path, "a method is registered twice")
                index = (index + 1) & (size - 1)
            }
            slots[index] = route
        }
        self.slots = slots
        mask = size - 1
    }

    func find(_ path: UnsafeBufferPointer<UInt8>) -> Route? {
        var index = Self.hash(path) & mask
        while let route = slots[index] {
            if Self.isEqual(route.path, path) { return route }
            index = (index + 1) & mask
        }
        return nil
    }

    private static func isEqual(_ known: [UInt8], _ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard known.count == path.count, let base = path.baseAddress else { return false }
        return known.withUnsafeBytes { known in
            guard let start = known.baseAddress else { return false }
            return memcmp(start, base, path.count) == 0
        }
    }

    /// The last bytes tell methods apart; the paths are ours, so nobody can make them collide.
    private static func hash(_ path: UnsafeBufferPointer<UInt8>) -> Int {
        var hash = path.count
        for byte in path.suffix(12) { hash = hash &* 31 &+ Int(byte) }
        return hash ^ (hash >> 7)
    }
}
