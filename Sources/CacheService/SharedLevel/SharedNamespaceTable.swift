// The namespaces of one configuration, ready for use; immutable, any thread.

import CacheEngine
import NIOCore

/// Which namespace a key has.
final class SharedNamespaceTable: Sendable {
    /// The default comes first.
    let namespaces: [SharedNamespace]
    private let names: NamespaceNames

    /// - Parameters:
    ///   - old: The table before: counters go on under their names, and those of a namespace
    ///     that is gone in the default.
    ///   - loops: How many event loops count.
    init(
        _ configuration: SharedConfiguration, pools: [SharedPool], loops: Int,
        continuing old: SharedNamespaceTable? = nil
    ) {
        let standard = EngineConfiguration.defaultNamespace
        let named = configuration.namespaces.filter { $0.key != standard }.sorted {
            $0.key < $1.key
        }
        let kept = Dictionary(
            uniqueKeysWithValues: (old?.namespaces ?? []).map { ($0.name, $0.counters) })
        names = NamespaceNames(named.map(\.key))
        namespaces = ([(standard, configuration.standard)] + named.map { ($0.key, $0.value) })
            .map { name, policy in
                SharedNamespace(
                    name: name, policy: policy, pools: pools,
                    maxStaleness: configuration.maxStaleness,
                    counters: kept[name] ?? (0..<loops).map { _ in SharedCounters() })
            }
        let present = Set(namespaces.map(\.name))
        for gone in old?.namespaces ?? [] where !present.contains(gone.name) {
            for (counters, past) in zip(namespaces[0].counters, gone.counters) {
                counters.add(past.reading)
            }
        }
    }

    /// Whether what memory held by the other table may be held by this one.
    func holdsLike(_ other: SharedNamespaceTable) -> Bool {
        namespaces.count == other.namespaces.count
            && zip(namespaces, other.namespaces).allSatisfy { new, old in
                new.name == old.name && new.policy.pool == old.policy.pool
                    && new.policy.usesL1 == old.policy.usesL1
                    && new.policy.events == old.policy.events
                    && new.policy.readFrom == old.policy.readFrom
            }
    }

    /// The namespace of a key.
    subscript(key: UnsafeRawBufferPointer) -> SharedNamespace { namespaces[names.index(of: key)] }
}

/// The table that the calls of one event loop use.
final class SharedLoop: @unchecked Sendable {  // used on its event loop only
    let eventLoop: any EventLoop
    var table: SharedNamespaceTable

    init(_ eventLoop: any EventLoop, _ table: SharedNamespaceTable) {
        self.eventLoop = eventLoop
        self.table = table
    }
}
