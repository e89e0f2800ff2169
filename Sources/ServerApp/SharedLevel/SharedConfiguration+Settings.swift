// What the two levels need to know of the settings; pure functions.

import CacheService
import RedisClient

extension SharedConfiguration {
    /// The configuration of the levels by the settings.
    init(_ settings: Settings) {
        self.init()
        let pools = settings.poolConfigurations.map(\.name)
        standard = SharedNamespacePolicy(NamespaceSettings(), settings, pools: pools)
        namespaces = settings.namespaces.mapValues {
            SharedNamespacePolicy($0, settings, pools: pools)
        }
        maxStaleness = settings.maxStaleness
        timeout = settings.redisTimeout
        ringEvents = settings.eventsPerPartition
        writeBehind.maxBytes = settings.writeBehindMaxBytes
    }
}

extension SharedNamespacePolicy {
    fileprivate init(_ namespace: NamespaceSettings, _ settings: Settings, pools: [String]) {
        self.init()
        guard let index = pools.firstIndex(of: namespace.pool) else {
            preconditionFailure("the settings were checked: the pool is there")
        }
        pool = index
        usesL1 = settings.l1Enabled && namespace.isInMemory
        l1TTL = namespace.memoryTTL ?? settings.l1TTL
        ttl = namespace.ttl ?? settings.defaultTTL
        lifetime = namespace.lifetime
        writes = namespace.sharedWrites
        onFailure = namespace.onSharedFailure
        readFrom = namespace.sharedReads
        events = namespace.events
    }
}

extension Settings {
    /// What each ring keeps: the memory of all pools together is that of one.
    var eventsPerPartition: Int {
        max(1, invalidationHistory / max(1, poolConfigurations.count))
    }
}
