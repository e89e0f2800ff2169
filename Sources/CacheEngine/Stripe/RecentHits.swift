// Owns the hits of one stripe that are not in an account yet; guarded by the stripe's lock.

/// Counts the hits of the namespace that had the last one, beside the lock: a hit then writes one
/// cache line only, and accounts are read by all processors and written by none of them.
struct RecentHits {
    // Holds: it lies beside the stripe's lock, and lives as long.
    private let place: UnsafeMutablePointer<Place>

    private struct Place {
        var hits: UInt64 = 0
        var namespace = 0
    }

    static let byteCount = MemoryLayout<Place>.stride

    /// The hits that are counted in some memory of ``byteCount`` bytes. Its owner calls
    /// ``forget`` first.
    @inline(__always)
    init(in memory: UnsafeMutableRawPointer) {
        place = memory.assumingMemoryBound(to: Place.self)
    }

    /// Counts a hit, of which the account hears with others.
    @inline(__always)
    func add(_ namespace: Int, to accounts: Row<Account>) {
        if place.pointee.namespace != namespace { turn(to: namespace, accounts) }
        place.pointee.hits &+= 1
    }

    /// Tells the account what it has not heard.
    func settle(with accounts: Row<Account>) { turn(to: place.pointee.namespace, accounts) }

    /// Counts from none, before the namespaces have other numbers. Nothing may be unsettled.
    func forget() { place.initialize(to: Place()) }

    @inline(never)
    private func turn(to namespace: Int, _ accounts: Row<Account>) {
        accounts[place.pointee.namespace].counters.hits &+= place.pointee.hits
        place.initialize(to: Place(hits: 0, namespace: namespace))
    }
}
