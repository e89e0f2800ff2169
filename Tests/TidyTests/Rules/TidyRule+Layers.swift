// Owns the rules about which target may know which; pure functions.

extension TidyRule {
    static let layers = [
        TidyRule(sentence: "every target has a layer and depends only on lower ones") {
            layerFindings($0.manifest)
        },
        TidyRule(sentence: "a target imports exactly those targets that it declares") {
            importFindings($0)
        },
        TidyRule(sentence: "each C module is imported by exactly one target") {
            cModuleFindings($0)
        },
        TidyRule(sentence: "layer 2 knows no I/O, no threads' framework, no clock, no chance") {
            purityFindings($0)
        },
    ]

    /// The layers of docs/ARCHITECTURE.md; 0 are the C modules.
    static let layerOfTarget = [
        "CNghttp2": 0, "COpenSSL": 0, "CProtobufC": 0, "CLZ4": 0, "CPostgreSQL": 0, "CMessages": 0,
        "CZlib": 0,
        "Locks": 1, "TLS": 1, "Compression": 1,
        "CacheEngine": 2, "Invalidation": 2, "Sessions": 2, "Messages": 2,
        "GRPC": 3, "RedisClient": 3, "Origins": 3,
        "CacheService": 4, "AdminHTTP": 4, "CacheManagerClient": 4,
        "ServerApp": 5, "Console": 5,
        "cache-manager": 6, "cachectl": 6, "cacheload": 6, "interop-server": 6,
        "engine-bench": 6,
        "engine-example": 6,
        "Fuzz": 6,
    ]

    private static func layerFindings(_ manifest: PackageManifest) -> [String] {
        manifest.targets.values.filter { $0.kind != .test }.sorted { $0.name < $1.name }
            .flatMap { target -> [String] in
                guard let layer = layerOfTarget[target.name] else {
                    return ["Package.swift: \(target.name) has no layer"]
                }
                return target.dependencies.sorted().compactMap { name in
                    guard let lower = layerOfTarget[name] else {
                        return
                            "Package.swift: \(target.name) depends on \(name), which has no layer"
                    }
                    // Generated C builds upon the C library that it was generated for, and the
                    // lock is everybody's.
                    if lower < layer || (lower, layer) == (0, 0) || name == "Locks" { return nil }
                    return "Package.swift: \(target.name) (\(layer)) depends on \(name) (\(lower))"
                }
            }
    }

    private static func importFindings(_ tree: SourceTree) -> [String] {
        let targets = tree.manifest.targets
        var findings: [String] = []
        var imported: [String: Set<String>] = [:]
        for file in tree.files {
            for (module, index) in file.imports where layerOfTarget[module] != nil {
                imported[file.target, default: []].insert(module)
                if targets[file.target]?.dependencies.contains(module) != true {
                    findings.append(file.finding(index, "imports \(module) without declaring it"))
                }
            }
        }
        for target in targets.values.sorted(by: { $0.name < $1.name }) where isSwift(target) {
            let unused = target.dependencies.subtracting(imported[target.name] ?? [])
            // A test target may depend on a program only to have it built.
            for name in unused.sorted() where targets[name]?.kind != .executable {
                findings.append(
                    "Package.swift: \(target.name) depends on \(name) and never imports it")
            }
        }
        return findings
    }

    private static func isSwift(_ target: PackageManifest.Target) -> Bool {
        target.kind != .system && layerOfTarget[target.name] != 0
    }

    private static func cModuleFindings(_ tree: SourceTree) -> [String] {
        let modules = tree.manifest.targets.keys.filter { layerOfTarget[$0] == 0 }
        return modules.sorted().compactMap { module in
            let importers = Set(
                tree.files.filter { $0.imports.contains { $0.module == module } }.map(\.target))
            if importers.count == 1 { return nil }
            let names = importers.sorted().joined(separator: ", ")
            return "\(module) is imported by \(importers.isEmpty ? "no target" : names)"
        }
    }

    private static func purityFindings(_ tree: SourceTree) -> [String] {
        let modules = ["Foundation", "Dispatch", "NIO", "Logging"]
        let words = [
            "ContinuousClock", "SuspendingClock", "clock_gettime", "SystemRandomNumberGenerator",
            ".random(",
        ]
        return tree.sources.filter { layerOfTarget[$0.target] == 2 }.flatMap { file in
            let imports = file.imports.filter { found in
                modules.contains { found.module.hasPrefix($0) }
            }
            .map { file.finding($0.index, "layer 2 imports \($0.module)") }
            return imports + occurrences(of: words, in: file.code, file)
        }
    }
}
