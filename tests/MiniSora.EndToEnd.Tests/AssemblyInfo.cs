// Two cores: portals and browsers one at a time, or every wait measures the other tests.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
