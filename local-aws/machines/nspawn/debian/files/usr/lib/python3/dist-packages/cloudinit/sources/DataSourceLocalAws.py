# cloud-init's EC2 data source. By itself it sees that it is on EC2 from the hypervisor's identity, which a
# machine of this kind doesn't have, and asks for no IMDSv2 token elsewhere; so it is told.
from cloudinit import sources
from cloudinit.sources.DataSourceEc2 import CloudNames, DataSourceEc2


class DataSourceLocalAws(DataSourceEc2):
    cloud_name = CloudNames.AWS


datasources = [(DataSourceLocalAws, (sources.DEP_FILESYSTEM, sources.DEP_NETWORK))]


def get_datasource_list(depends):
    return sources.list_from_depends(depends, datasources)
