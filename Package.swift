// swift-tools-version: 6.2
// The rooms of Cache Manager, from the lowest layer to the executables; docs/ARCHITECTURE.md
// says what each is for and why each dependency is there.

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "cache-manager",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "cache-manager", targets: ["cache-manager"]),
        .executable(name: "cachectl", targets: ["cachectl"]),
        .executable(name: "cacheload", targets: ["cacheload"]),
        .library(name: "CacheManagerClient", targets: ["CacheManagerClient"]),
        .library(name: "CacheEngine", targets: ["CacheEngine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: ["CommandLineArguments"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // C libraries of the system, each imported by exactly one target.
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2"),
        .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libssl libcrypto"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .target(name: "CMessages", dependencies: ["CProtobufC"]),

        // Layer 1
        .target(name: "Locks", swiftSettings: strict),
        .target(name: "Compression", dependencies: ["CLZ4"], swiftSettings: strict),
        .target(
            name: "TLS", dependencies: ["COpenSSL", "Locks", nioCore], swiftSettings: strict),

        // Layer 2: pure
        .target(
            name: "Messages", dependencies: ["CMessages", "CProtobufC"], swiftSettings: strict),
        .target(
            name: "CacheEngine",
            dependencies: ["Locks", .product(name: "Histogram", package: "hdrhistogram-swift")],
            swiftSettings: strict),
        .target(name: "Invalidation", dependencies: ["Locks"], swiftSettings: strict),

        // Layer 3: I/O
        .target(
            name: "GRPC",
            dependencies: ["CNghttp2", "CZlib", "Locks", "Messages", "TLS", nioCore, nioPosix],
            swiftSettings: strict),

        .target(
            name: "RedisClient",
            dependencies: [
                "CacheEngine", "Compression", "Invalidation", "Locks", "TLS", nioCore, nioPosix,
            ],
            swiftSettings: strict),

        // Layer 4: use cases
        .target(
            name: "CacheService",
            dependencies: [
                "GRPC", "Messages", "CacheEngine", "Compression", "Invalidation", "Locks",
                "RedisClient", nioCore,
            ],
            swiftSettings: strict),

        .target(
            name: "CacheManagerClient",
            dependencies: ["GRPC", "Locks", "Messages", "TLS", nioPosix],
            swiftSettings: strict),

        // Layer 5: composition
        .target(
            name: "ServerApp",
            dependencies: [
                "CacheService", "GRPC", "CacheEngine", "Invalidation", "Locks", "Messages",
                "RedisClient", "TLS", nioCore, nioPosix, logging, argumentParser, "Yams",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        .target(
            name: "Console", dependencies: ["CacheManagerClient", argumentParser],
            swiftSettings: strict),

        // Layer 6: executables
        .executableTarget(
            name: "cache-manager", dependencies: ["ServerApp"], swiftSettings: strict),
        .executableTarget(
            name: "cachectl",
            dependencies: ["CacheManagerClient", "Console", "GRPC", argumentParser],
            swiftSettings: strict),
        .executableTarget(
            name: "cacheload",
            dependencies: [
                "CacheManagerClient", "Console", "GRPC", "Locks", argumentParser,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict),

        // The server that other implementations' clients test; not a product.
        .executableTarget(
            name: "interop-server",
            dependencies: [
                "GRPC", "Messages", "TLS", nioCore, nioPosix,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/interop/server", swiftSettings: strict),

        // The engine as others use it: it sees what is public only. Not a product.
        .executableTarget(
            name: "engine-example", dependencies: ["CacheEngine"], path: "examples/engine-example",
            packageAccess: false, swiftSettings: strict),
        // What the engine costs by itself; not a product.
        .executableTarget(
            name: "engine-bench", dependencies: ["CacheEngine"], path: "Benchmarks/engine-bench",
            swiftSettings: strict),

        .testTarget(
            name: "CompressionTests", dependencies: ["Compression"], swiftSettings: strict),
        .testTarget(
            name: "TLSTests", dependencies: ["TLS", nioCore, nioEmbedded],
            swiftSettings: strict),
        .testTarget(name: "MessagesTests", dependencies: ["Messages"], swiftSettings: strict),
        .testTarget(
            name: "CacheEngineTests", dependencies: ["CacheEngine", "Locks"], swiftSettings: strict),
        .testTarget(
            name: "InvalidationTests", dependencies: ["Invalidation"], swiftSettings: strict),
        .testTarget(
            name: "GRPCTests",
            dependencies: ["GRPC", "Locks", "TLS", nioCore, nioPosix, nioEmbedded],
            swiftSettings: strict),
        .testTarget(
            name: "RedisClientTests",
            dependencies: [
                "RedisClient", "CacheEngine", "Compression", "Invalidation", "Locks", "TLS",
                nioCore, nioPosix, nioEmbedded,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheServiceTests",
            dependencies: [
                "CacheService", "CacheManagerClient", "RedisClient", "CacheEngine", "Invalidation",
                "GRPC", "Locks", "Messages", nioCore, nioPosix, nioEmbedded,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ServerAppTests",
            dependencies: [
                "ServerApp", "CacheEngine", "CacheService", "GRPC", "RedisClient", "TLS", logging,
                argumentParser,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CacheManagerClientTests",
            dependencies: [
                "CacheManagerClient", "CacheService", "CacheEngine", "Invalidation", "GRPC",
                "Messages",
                nioCore, nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConsoleTests", dependencies: ["Console", "CacheManagerClient", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "CachectlTests",
            dependencies: ["cachectl", "CacheManagerClient", "Console", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "CacheloadTests",
            dependencies: ["cacheload", "CacheManagerClient", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "CacheManagerClient", "Locks", nioCore, nioPosix, "Yams", "cache-manager",
                "cachectl",
                "cacheload",
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)

// The fuzz program is there only where scripts/fuzz builds it: the variable names libFuzzer's
// runtime. What it looks for bugs in is compiled anew, with coverage and bounds checks.
if let fuzzer = Context.environment["CACHE_MANAGER_FUZZER"] {
    let checked = SwiftSetting.unsafeFlags(["-O", "-sanitize=fuzzer,address"])
    let attacked = ["GRPC", "Messages", "Invalidation", "Compression", "RedisClient"]
    for target in package.targets where attacked.contains(target.name) {
        target.swiftSettings?.append(checked)
    }
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "GRPC", "Messages", "CacheEngine", "Compression", "Invalidation", "RedisClient",
                nioCore, nioEmbedded,
            ],
            path: "Tests/Fuzz", swiftSettings: strict + [checked],
            linkerSettings: [
                .unsafeFlags(["-sanitize=address", "-use-ld=lld", fuzzer, "-lstdc++"])
            ]))
}
