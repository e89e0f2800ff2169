// Names to addresses, on a thread of NIO's pool, for the system's resolver blocks.

import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum NameResolver {
    /// The most addresses that are taken of one name.
    static let maxAddresses = 64

    /// What the system's resolver knows of a name: IPv4 and IPv6, in its order, none twice.
    /// Fails with UNAVAILABLE.
    static func resolve(
        _ target: ClientTarget, on loop: any EventLoop
    ) -> EventLoopFuture<[SocketAddress]> {
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try lookUp(target) }
    }

    private static func lookUp(_ target: ClientTarget) throws(GRPCStatus) -> [SocketAddress] {
        guard (1...65_535).contains(target.port) else {
            throw failure(target, "there is no port \(target.port)")
        }
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(target.host, String(target.port), &hints, &list)
        guard code == 0, let list else {
            throw failure(
                target, "there is no such host (\(String(cString: gai_strerror(code))))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        for entry in sequence(first: list, next: \.pointee.ai_next) {
            if addresses.count == maxAddresses { break }
            if let address = address(entry.pointee, target), !addresses.contains(address) {
                addresses.append(address)
            }
        }
        if addresses.isEmpty { throw failure(target, "the name has no IPv4 or IPv6 address") }
        return addresses
    }

    private static func address(_ info: addrinfo, _ target: ClientTarget) -> SocketAddress? {
        guard let raw = UnsafeRawPointer(info.ai_addr) else { return nil }
        switch info.ai_family {
        case AF_INET: return SocketAddress(raw.load(as: sockaddr_in.self), host: target.host)
        case AF_INET6: return SocketAddress(raw.load(as: sockaddr_in6.self), host: target.host)
        default: return nil
        }
    }

    private static func failure(_ target: ClientTarget, _ reason: String) -> GRPCStatus {
        GRPCStatus(.unavailable, "no server at \(target.authority): \(reason)")
    }
}
