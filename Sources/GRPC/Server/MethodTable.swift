// Which handler answers which path; made once, then only read, by every event loop.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

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
    /// Open addressing at less than half full; a slot is nil or a route, which `routes` keeps.
    private let slots: [Unmanaged<Route>?]
    private let routes: [Route]
    private let mask: Int

    init(_ services: [Service]) {
        routes = services.flatMap { service in
            service.methods.map { method in
                Route(path: Array("/\(service.name)/\(method.name)".utf8), handler: method.handler)
            }
        }
        var size = 16
        while size < routes.count * 4 { size *= 2 }
        var slots = [Unmanaged<Route>?](repeating: nil, count: size)
        for route in routes {
            var index = route.path.withUnsafeBufferPointer { Self.hash($0) } & (size - 1)
            while let other = slots[index]?.takeUnretainedValue() {
                precondition(other.path != route.path, "a method is registered twice")
                index = (index + 1) & (size - 1)
            }
            slots[index] = Unmanaged.passUnretained(route)
        }
        self.slots = slots
        mask = size - 1
    }

    /// The route of that path, which lives as long as this table.
    func find(_ path: UnsafeBufferPointer<UInt8>) -> Unmanaged<Route>? {
        var index = Self.hash(path) & mask
        while let route = slots[index] {
            if route._withUnsafeGuaranteedRef({ Self.isEqual($0.path, path) }) { return route }
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
