// Owns the check of what reflection can tell.

import Messages
import Testing

@Suite struct DescriptorCatalogTests {
    private let catalog = DescriptorCatalog.embedded

    @Test(
        "A symbol is found in the file that declares it",
        arguments: [
            ("cachemanager.v1.GetRequest", "cachemanager/v1/cache.proto"),
            ("cachemanager.v1.GetRequest.key", "cachemanager/v1/cache.proto"),
            ("cachemanager.v1.GetResponse.MetadataEntry", "cachemanager/v1/cache.proto"),
            ("cachemanager.v1.Cache", "cachemanager/v1/cache.proto"),
            ("cachemanager.v1.Cache.StreamInvalidations", "cachemanager/v1/cache.proto"),
            ("cachemanager.v1.EventKind", "cachemanager/v1/invalidation.proto"),
            ("cachemanager.v1.EVENT_KIND_SET", "cachemanager/v1/invalidation.proto"),
            ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
            ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"),
            ("grpc.health.v1.Health.List", "grpc/health/v1/health.proto"),
            ("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"),
            (
                "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo",
                "grpc/reflection/v1alpha/reflection.proto"
            ),
            ("google.rpc.Status", "google/rpc/status.proto"),
            ("google.rpc.RetryInfo.retry_delay", "google/rpc/error_details.proto"),
            ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
        ])
    func symbols(symbol: String, file: String) {
        #expect(catalog.file(containingSymbol: symbol)?.name == file)
    }

    @Test(
        "What is not there is not found",
        arguments: [
            "", ".", "cachemanager.v1", "cachemanager.v1.Nothing", "GetRequest", "Cache.Get",
        ])
    func missing(symbol: String) {
        #expect(catalog.file(containingSymbol: symbol) == nil)
        #expect(catalog.file(named: symbol) == nil)
        #expect(!catalog.hasMessage(named: symbol))
    }

    @Test("Every service is listed")
    func services() {
        #expect(
            Set(catalog.serviceNames) == [
                "cachemanager.v1.Cache", "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
            ])
        #expect(catalog.serviceNames.count == 4)
    }

    @Test("A file comes with everything it imports, itself first, each once")
    func dependencies() throws {
        let file = try #require(catalog.file(named: "cachemanager/v1/cache.proto"))
        let names = catalog.withDependencies(file).map(\.name)
        #expect(names.first == "cachemanager/v1/cache.proto")
        #expect(names.count == Set(names).count)
        #expect(
            Set(names.dropFirst()) == [
                "cachemanager/v1/invalidation.proto", "cachemanager/v1/stats.proto",
                "google/protobuf/duration.proto", "google/protobuf/timestamp.proto",
            ])
    }

    @Test("A file's descriptor is the whole of it: protoc reads it back")
    func descriptors() throws {
        for file in catalog.files {
            #expect(catalog.file(named: file.name)?.descriptor == file.descriptor)
            #expect(file.dependencies.allSatisfy { catalog.file(named: $0) != nil })
        }
        let health = try #require(catalog.file(named: "grpc/health/v1/health.proto"))
        let output = try ExternalTool.run(
            [
                "protoc", "--decode=google.protobuf.FileDescriptorProto",
                "google/protobuf/descriptor.proto",
            ], input: health.descriptor.array)
        let text = String(decoding: output.bytes, as: UTF8.self)
        #expect(text.contains(#"name: "grpc/health/v1/health.proto""#))
        #expect(text.contains(#"name: "List""#))
        #expect(text.contains(#"syntax: "proto3""#))
    }

    @Test("Messages are told from other symbols")
    func messages() {
        #expect(catalog.hasMessage(named: "cachemanager.v1.GetRequest"))
        #expect(catalog.hasMessage(named: "cachemanager.v1.GetResponse.MetadataEntry"))
        #expect(!catalog.hasMessage(named: "cachemanager.v1.Cache"))
        #expect(!catalog.hasMessage(named: "cachemanager.v1.EventKind"))
    }
}
